package mastodon

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// instance is what we need of /api/v2/instance; Mastodon before 4.0 has only the first
// version, whose fields are a subset with the same names, and uri for domain.
type instance struct {
	Domain, AccountDomain, URI string // GoToSocial's domain is the host, and its account_domain the domain
	Version, SourceURL         string
	API                        int64 // version of Mastodon's API, from 4.3 on
	Streaming                  string

	MaxCharacters, MaxAttachments, ReservedPerURL int64

	MaxAlt                                         int64
	Types                                          []string
	ImageSize, ImageMatrix, VideoSize, VideoMatrix int64
}

func (i *instance) read(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "domain":
			i.Domain = v.Line()
		case "account_domain":
			i.AccountDomain = v.Line()
		case "uri":
			i.URI = v.Line()
		case "version":
			i.Version = v.Line()
		case "source_url":
			i.SourceURL = v.Line()
		case "api_versions":
			inside(v, "mastodon", func() { i.API = v.Int() })
		case "configuration":
			i.configuration(v)
		case "urls":
			inside(v, "streaming_api", func() { i.Streaming = cmp.Or(i.Streaming, v.Line()) })
		}
	})
}

func (i *instance) configuration(v *answer.Value) {
	v.Fields(func(name []byte) {
		switch string(name) {
		case "urls":
			inside(v, "streaming", func() { i.Streaming = cmp.Or(v.Line(), i.Streaming) })
		case "statuses":
			v.Fields(func(name []byte) { i.statuses(name, v) })
		case "media_attachments":
			v.Fields(func(name []byte) { i.media(name, v) })
		}
	})
}

func (i *instance) statuses(name []byte, v *answer.Value) {
	switch string(name) {
	case "max_characters":
		i.MaxCharacters = v.Int()
	case "max_media_attachments":
		i.MaxAttachments = v.Int()
	case "characters_reserved_per_url":
		i.ReservedPerURL = v.Int()
	}
}

func (i *instance) media(name []byte, v *answer.Value) {
	switch string(name) {
	case "description_limit":
		i.MaxAlt = v.Int()
	case "supported_mime_types":
		i.Types = answer.Strings(v, mostTypes, (*answer.Value).Line).Items
	case "image_size_limit":
		i.ImageSize = v.Int()
	case "image_matrix_limit":
		i.ImageMatrix = v.Int()
	case "video_size_limit":
		i.VideoSize = v.Int()
	case "video_matrix_limit":
		i.VideoMatrix = v.Int()
	}
}

// What Mastodon allowed before it told; used for fields a server leaves out.
const (
	defaultText        = 500
	defaultAlt         = 1500
	defaultAttachments = 4
	defaultImageBytes  = 16 << 20
	defaultImagePixels = 33_177_600
	defaultVideoBytes  = 99 << 20
	defaultVideoPixels = 8_294_400
	defaultURL         = 23
)

func (c *Client) instance(ctx context.Context) (i instance, err error) {
	into := answer.Object(i.read)
	err = c.get(ctx, "/api/v2/instance", nil, into)
	var refused *statusError
	if errors.As(err, &refused) && refused.code == http.StatusNotFound {
		err = c.get(ctx, "/api/v1/instance", nil, into)
	}
	return i, err
}

// Limits reads what the server allows.
func (c *Client) Limits(ctx context.Context) (network.Limits, error) {
	ctx, call := c.begin(ctx, "read the server's limits", callTime)
	defer call.end()
	i, err := c.instance(ctx)
	if err != nil {
		return network.Limits{}, call.failed(err)
	}
	return network.Limits{
		TextRunes: int(told(i.MaxCharacters, defaultText)), AltRunes: int(told(i.MaxAlt, defaultAlt)),
		ImageBytes: told(i.ImageSize, defaultImageBytes), ImagePixels: told(i.ImageMatrix, defaultImagePixels),
		VideoBytes: told(i.VideoSize, defaultVideoBytes), VideoPixels: told(i.VideoMatrix, defaultVideoPixels),
		Attachments: int(told(i.MaxAttachments, defaultAttachments)), ReservedURL: int(told(i.ReservedPerURL, defaultURL)),
		MIMETypes: i.Types, SupportsKey: i.knowsKeys(), ServerName: i.name(),
	}, nil
}

// told is a limit, or what holds where a server tells none that makes sense.
func told(limit, otherwise int64) int64 {
	if limit <= 0 || limit > 1<<40 {
		return otherwise
	}
	return limit
}

// goToSocial ignores idempotency keys (measured with 0.20).
func (i instance) goToSocial() bool {
	return containsFold(i.SourceURL, "gotosocial") || containsFold(i.Version, "gotosocial")
}

// knowsKeys is true of Mastodon and its forks. Other software calls itself, for example,
// "2.7.2 (compatible; Pleroma 2.5)"; what it does with a key nobody promises.
func (i instance) knowsKeys() bool {
	return !i.goToSocial() && !containsFold(i.Version, "compatible")
}

func (i instance) name() string {
	if i.goToSocial() {
		return "GoToSocial " + i.Version
	}
	return "Mastodon " + i.Version
}

// longestDomain is what DNS allows, with a port.
const longestDomain = 253 + len(":65535")

// askDomain asks for the domain in local handles. It differs from the host of the API where
// a server is called example.social and lives at social.example.social.
func (c *Client) askDomain(ctx context.Context) (string, error) {
	ctx, call := c.begin(ctx, "read the server's domain", callTime)
	defer call.end()
	i, err := c.instance(ctx)
	if err != nil {
		return "", call.failed(err)
	}
	domain := cmp.Or(i.AccountDomain, i.Domain, i.URI, c.base.Host)
	if _, host, found := strings.Cut(domain, "://"); found { // some servers before Mastodon 4
		domain = strings.Trim(host, "/")
	}
	domain = strings.ToLower(domain)
	if u, err := url.Parse("https://" + domain); err != nil || u.Host != domain || len(domain) > longestDomain {
		domain = strings.ToLower(c.base.Host) // what it says is no domain
	}
	return domain, nil
}

func containsFold(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }
