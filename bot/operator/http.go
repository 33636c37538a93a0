package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what a client reads from the socket.
const maxAnswer = 16 << 20

// Handler serves a Service as HTTP and JSON under /v1/.
func Handler(s Service) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.Status(r.Context())
		answer(w, v, err)
	})
	mux.HandleFunc("GET /v1/jobs", func(w http.ResponseWriter, r *http.Request) {
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		var states []State
		for _, v := range r.URL.Query()["state"] {
			states = append(states, State(v))
		}
		v, err := s.Jobs(r.Context(), limit, states...)
		answer(w, v, err)
	})
	mux.HandleFunc("GET /v1/backup", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		if err := s.Backup(r.Context(), w); err != nil {
			slog.Error("the backup an operator asked for failed", "error", err)
			panic(http.ErrAbortHandler) // cuts the body short, so that the client sees an error
		}
	})
	byID := func(do func(context.Context, string) (Job, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			v, err := do(r.Context(), r.PathValue("id"))
			answer(w, v, err)
		}
	}
	mux.HandleFunc("GET /v1/jobs/{id}", byID(s.Job))
	mux.HandleFunc("POST /v1/jobs/{id}/cancel", byID(s.Cancel))
	mux.HandleFunc("POST /v1/jobs/{id}/retry", byID(s.Retry))
	mux.HandleFunc("POST /v1/jobs/{id}/hold", byID(s.Hold))
	mux.HandleFunc("POST /v1/jobs/{id}/resume", byID(s.Resume))
	handleRules(mux, s)
	handleFilter(mux, s)
	handleLists(mux, s)
	handleMoves(mux, s)
	handleSpendings(mux, s)
	return mux
}

// Serve answers operators on the socket until ctx ends. Who asks is who the kernel says they are.
func Serve(ctx context.Context, l net.Listener, s Service) error {
	srv := &http.Server{Handler: Handler(s), ReadHeaderTimeout: 10 * time.Second, ConnContext: overSocket}
	stop := context.AfterFunc(ctx, func() { srv.Close() })
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve operators: %w", err)
	}
	return nil
}

// problem is an error on the wire.
type problem struct {
	Error string `json:"error"`
}

func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(status(err))
		v = problem{err.Error()}
	}
	_ = json.NewEncoder(w).Encode(v) // the client is gone: nobody to tell
}

func status(err error) int {
	switch {
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, ErrRefused):
		return http.StatusConflict
	case errors.Is(err, ErrUnread):
		return http.StatusBadRequest
	}
	return http.StatusInternalServerError
}

// askTime is how long the daemon may take to begin its answer; a backup then goes on for as long
// as it takes.
const askTime = 30 * time.Second

// Client is the Service over the daemon's socket.
type Client struct {
	http http.Client
}

var _ Service = (*Client)(nil)

// Dial returns a client when a daemon answers on the socket, else ErrDown.
func Dial(ctx context.Context, socket string) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, fmt.Errorf("%w on %s", ErrDown, socket)
	}
	conn.Close()
	// A connection for each question: nothing is left open that somebody must close.
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true, ResponseHeaderTimeout: askTime}
	return &Client{http.Client{Transport: transport}}, nil
}

func (c *Client) send(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://slugpuppy"+path, body)
	if err != nil {
		return nil, fmt.Errorf("ask the daemon: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDown, err)
	}
	return res, nil
}

func (c *Client) call(ctx context.Context, method, path string, into any) error {
	return c.callWith(ctx, method, path, nil, into)
}

// callWith sends a body as well.
func (c *Client) callWith(ctx context.Context, method, path string, from io.Reader, into any) error {
	res, err := c.send(ctx, method, path, from)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return remoteError(res.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

// remoteError makes the daemon's error ours again, without saying the sentinel twice.
func remoteError(code int, body []byte) error {
	var p problem
	if err := json.Unmarshal(body, &p); err != nil || p.Error == "" {
		p.Error = http.StatusText(code)
	}
	for _, sentinel := range []error{ErrNotFound, ErrRefused, ErrUnread} {
		if code == status(sentinel) {
			return fmt.Errorf("%w: %s", sentinel, strings.TrimPrefix(p.Error, sentinel.Error()+": "))
		}
	}
	return fmt.Errorf("the daemon answered: %s", p.Error)
}

// Jobs implements Service.
func (c *Client) Jobs(ctx context.Context, limit int, states ...State) (jobs []Job, err error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	for _, s := range states {
		q.Add("state", string(s))
	}
	return jobs, c.call(ctx, http.MethodGet, "/v1/jobs?"+q.Encode(), &jobs)
}

// Job implements Service.
func (c *Client) Job(ctx context.Context, id string) (j Job, err error) {
	return j, c.call(ctx, http.MethodGet, "/v1/jobs/"+url.PathEscape(id), &j)
}

// Cancel implements Service.
func (c *Client) Cancel(ctx context.Context, id string) (j Job, err error) {
	return j, c.call(ctx, http.MethodPost, "/v1/jobs/"+url.PathEscape(id)+"/cancel", &j)
}

// Retry implements Service.
func (c *Client) Retry(ctx context.Context, id string) (j Job, err error) {
	return j, c.call(ctx, http.MethodPost, "/v1/jobs/"+url.PathEscape(id)+"/retry", &j)
}

// Hold implements Service.
func (c *Client) Hold(ctx context.Context, id string) (j Job, err error) {
	return j, c.call(ctx, http.MethodPost, "/v1/jobs/"+url.PathEscape(id)+"/hold", &j)
}

// Resume implements Service.
func (c *Client) Resume(ctx context.Context, id string) (j Job, err error) {
	return j, c.call(ctx, http.MethodPost, "/v1/jobs/"+url.PathEscape(id)+"/resume", &j)
}

// Backup implements Service.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, "/v1/backup", nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("back up the database: the daemon answered %s", res.Status)
	}
	if _, err := io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("back up the database: %w", err)
	}
	return nil
}

// Status implements Service.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.call(ctx, http.MethodGet, "/v1/status", &s)
}

// Listen opens the socket for root, the service's own user and its group (mode 0660). A
// socket left behind by a dead daemon is replaced; a live one is an error.
func Listen(ctx context.Context, socket string) (net.Listener, error) {
	if _, err := Dial(ctx, socket); err == nil {
		return nil, fmt.Errorf("another daemon answers on %s", socket)
	}
	if err := removeSocket(socket); err != nil {
		return nil, fmt.Errorf("replace the old admin socket: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("open the admin socket: %w", err)
	}
	if err := os.Chmod(socket, 0o660); err != nil {
		l.Close()
		return nil, fmt.Errorf("protect the admin socket: %w", err)
	}
	return guard(l), nil
}

// removeSocket removes a socket, and nothing else that a mistaken setting may name.
func removeSocket(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("%s is no socket; set admin.socket to a path of its own", path)
	}
	return os.Remove(path)
}
