package x

import (
	"context"
	"errors"
	"net/url"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/answer"
)

// Muted lists the muted accounts. X's mutes have no end: the times are zero. Looking and unmuting are
// not kept from their work by the cap: a mute of ours must end when its time has come.
func (c *Client) Muted(ctx context.Context) (map[string]time.Time, error) {
	self, err := c.Self(ctx)
	if err != nil {
		return nil, err
	}
	muted := map[string]time.Time{}
	query := url.Values{"max_results": {"1000"}}
	for range mostPages {
		var a said[user]
		if err := c.read(ctx, getMutes, []string{self.ID}, query, a.into((*user).read)); err != nil {
			return nil, err
		}
		c.opt.Budget.spend(self, MuteRead, len(a.Data.Items))
		for _, u := range a.Data.Items {
			muted[u.ID] = time.Time{}
		}
		if a.Next == "" || a.Next == query.Get("pagination_token") {
			return muted, nil
		}
		query.Set("pagination_token", a.Next)
	}
	return nil, &network.Error{Op: getMutes.op, Kind: network.Transient, Err: errEndless}
}

// muting is the answer to a mute and its end.
type muting struct{ yes bool }

func (m *muting) into(v *answer.Value) {
	inside(v, "data", func() { inside(v, "muting", func() { m.yes = v.Bool() }) })
}

// Mute mutes an account until Unmute: X knows no other kind, so the caller keeps the time.
func (c *Client) Mute(ctx context.Context, account string, _ time.Duration) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	if err := c.within(createMute.op, self, c.opt.Budget.Prices[MuteMade]+c.opt.Budget.Prices[MuteEnded]); err != nil {
		return err
	}
	var a muting
	if err := c.do(ctx, createMute, false, []string{self.ID}, map[string]string{"target_user_id": account}, answer.Object(a.into)); err != nil {
		return err
	}
	c.opt.Budget.spend(self, MuteMade, 1)
	if !a.yes {
		return &network.Error{Op: createMute.op, Kind: network.Rejected, Err: errors.New("the server says that the account is not muted")}
	}
	return nil
}

// Unmute ends a mute; one that is not there is no error.
func (c *Client) Unmute(ctx context.Context, account string) error {
	self, err := c.Self(ctx)
	if err != nil {
		return err
	}
	err = c.do(ctx, deleteMute, false, []string{self.ID, account}, nil, anything)
	if network.Is(err, network.NotFound) {
		return nil
	}
	if err == nil {
		c.opt.Budget.spend(self, MuteEnded, 1)
	}
	return err
}
