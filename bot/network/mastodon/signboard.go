package mastodon

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// ProfileScope is what a profile that tells how busy the bot is needs beside Scopes.
const ProfileScope = " write:accounts"

// ShowField implements network.Signboard. The other fields of the profile stay as they are.
func (c *Client) ShowField(ctx context.Context, name, value string) error {
	ctx, call := c.begin(ctx, "write the profile", callTime)
	defer call.end()
	fields, err := c.ownFields(ctx)
	if err != nil {
		return call.failed(err)
	}
	at := 0
	for at < len(fields) && fields[at].Name != name {
		at++
	}
	switch {
	case at < len(fields) && fields[at].Value == value:
		return nil
	case at < len(fields):
		fields[at].Value = value
	default:
		fields = append(fields, field{name, value})
	}
	form := url.Values{}
	for i, f := range fields {
		form.Set(fmt.Sprintf("fields_attributes[%d][name]", i), f.Name)
		form.Set(fmt.Sprintf("fields_attributes[%d][value]", i), f.Value)
	}
	return call.failed(c.send(ctx, http.MethodPatch, "/api/v1/accounts/update_credentials", form, nil))
}

// ownFields are the profile's as they were typed: elsewhere they are HTML.
func (c *Client) ownFields(ctx context.Context) (fields []field, err error) {
	told := false
	err = c.get(ctx, "/api/v1/accounts/verify_credentials", nil, answer.Object(func(v *answer.Value) {
		v.Fields(func(name []byte) {
			if string(name) != "source" {
				return
			}
			v.Fields(func(name []byte) {
				if string(name) == "fields" {
					list := answer.ListOf(v, mostFields, (*field).read)
					fields, told = list.Items, list.Whole()
				}
			})
		})
	}))
	if err == nil && !told { // to write what is not known would take fields away
		err = &network.Error{Op: "write the profile", Kind: network.Rejected, Err: fmt.Errorf("the server does not tell all fields")}
	}
	return fields, err
}
