package mastodon

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"slugpuppy/bot/network/backoff"
)

// Times of the stream.
const (
	silence    = 90 * time.Second // without a sign of life the connection is dead
	heartbeat  = 30 * time.Second
	eventBytes = 4 << 20
)

// reconnect says when a connection that ended is made again.
var reconnect = backoff.Law{First: time.Second, Longest: 5 * time.Minute}

// Wake listens to the notification stream. go-mastodon's own gives up when a server restarts
// and notices no dead connection, so this one is ours. What is read is only counted.
func (c *Client) Wake(ctx context.Context) <-chan struct{} { return c.hints(ctx, "user:notification") }

// WakeHome listens to everything that happens to the account: posts in its home timeline and
// changes of its filters among it.
func (c *Client) WakeHome(ctx context.Context) <-chan struct{} { return c.hints(ctx, "user") }

func (c *Client) hints(ctx context.Context, stream string) <-chan struct{} {
	hints := make(chan struct{}, 1)
	go func() {
		defer close(hints)
		for failures := 1; ctx.Err() == nil; failures++ {
			start := time.Now()
			err := c.listen(ctx, stream, hints)
			if ctx.Err() != nil {
				return
			}
			if time.Since(start) > silence { // it worked for a while
				failures = 1
			}
			pause := reconnect.Wait(failures, err)
			c.opt.Log.Debug("the stream ended; the server is polled meanwhile", "error", err, "retry_in", pause)
			if !backoff.Sleep(ctx, pause) {
				return
			}
		}
	}()
	return hints
}

// listen reads one connection until it ends. A new connection is a hint itself: something may
// have arrived while there was none.
func (c *Client) listen(ctx context.Context, stream string, hints chan<- struct{}) error {
	conn, err := c.dial(ctx, stream)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(eventBytes)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer keepAlive(ctx, conn, cancel)()
	for {
		select {
		case hints <- struct{}{}:
		default: // one is waiting already
		}
		_, event, err := conn.Reader(ctx)
		if err == nil {
			c.edits.note(event) // of all others, that there is one says enough
			_, err = io.Copy(io.Discard, event)
		}
		if err != nil {
			return fmt.Errorf("read stream: %w", err)
		}
	}
}

// keepAlive asks the server for a sign of life now and then, until stop is called. In between no goroutine waits:
// there may be thousands of streams.
func keepAlive(ctx context.Context, conn *websocket.Conn, dead context.CancelFunc) (stop func()) {
	var next *time.Timer
	begun := make(chan struct{})
	next = time.AfterFunc(heartbeat, func() {
		<-begun // next is set
		wait, cancel := context.WithTimeout(ctx, silence-heartbeat)
		defer cancel()
		if err := conn.Ping(wait); err != nil {
			dead()
			return
		}
		next.Reset(heartbeat)
	})
	close(begun)
	return func() { next.Stop() }
}

func (c *Client) dial(ctx context.Context, stream string) (*websocket.Conn, error) {
	address, err := c.streamURL(ctx, stream)
	if err != nil {
		return nil, fmt.Errorf("find the stream: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	// The token goes into the header, not into the address, which servers log.
	conn, resp, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: c.wire.next},
		HTTPHeader: http.Header{"Authorization": {"Bearer " + c.opt.Token}, "User-Agent": {c.opt.UserAgent}},
	})
	if err != nil {
		return nil, fmt.Errorf("connect to the stream: %w", err)
	}
	if resp != nil && resp.Body != nil {
		resp.Body.Close()
	}
	return conn, nil
}

// streamURL asks the server where its streams are. The scheme is the API's: some servers say
// wss where they speak plain http.
func (c *Client) streamURL(ctx context.Context, stream string) (string, error) {
	ctx, call := c.begin(ctx, "find the stream", callTime)
	defer call.end()
	i, err := c.instance(ctx)
	if err != nil {
		return "", call.failed(err)
	}
	u, err := url.Parse(cmp.Or(i.Streaming, c.base.String()))
	if err != nil || u.Host == "" {
		u = &url.URL{Host: c.base.Host}
	}
	u.Scheme = "wss"
	if c.base.Scheme == "http" {
		u.Scheme = "ws"
	}
	u.Path, u.RawQuery = "/api/v1/streaming", "stream="+stream
	return u.String(), nil
}
