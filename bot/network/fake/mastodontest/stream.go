package mastodontest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slugpuppy/bot/network/fake/host"
	"time"

	"github.com/coder/websocket"
)

// subscriber is one open stream. Only the goroutine that serves it reads events.
type subscriber struct {
	user   *account
	token  string
	mode   string // user or user:notification; empty until subscribed
	notes  bool   // the token may see notifications
	events chan event
	cut    context.CancelFunc
}

// event is one message; payload is JSON, empty for filters_changed, a bare id for delete.
type event struct{ stream, name, payload string }

// backlog is how many events may wait for a slow client before the server gives it up.
const backlog = 256

func (s *Server) streamRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/streaming", s.websocket)
	if !s.gts() {
		mux.HandleFunc("GET /api/v1/streaming/user", s.sse)
		mux.HandleFunc("GET /api/v1/streaming/user/notification", s.sse)
		mux.HandleFunc("GET /api/v1/streaming/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "OK") })
	}
}

// emit sends an event to the streams of one account; payload is only made when somebody listens.
func (s *Server) emit(to *account, name string, payload func() any) {
	for sub := range s.subscribers {
		wants := sub.mode == "user" || (sub.mode == "user:notification" && name == "notification")
		if sub.user != to || !wants || (name == "notification" && !sub.notes) {
			continue
		}
		ev := event{stream: sub.mode, name: name}
		if payload != nil {
			switch p := payload().(type) {
			case string:
				ev.payload = p
			default:
				raw, _ := json.Marshal(p) // maps of strings, numbers and booleans always marshal
				ev.payload = string(raw)
			}
		}
		select {
		case sub.events <- ev:
		default:
			sub.cut()
		}
	}
}

// streamUpdate tells everyone whose home a new post belongs into, at once or after HoldUpdates.
func (s *Server) streamUpdate(st *status) {
	if s.opt.HoldUpdates <= 0 {
		s.sendUpdate(st)
		return
	}
	id := st.id
	timer := time.AfterFunc(s.opt.HoldUpdates, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.releaseUpdate(id)
	})
	gone := *st // a deleted post's update still carries the post
	s.held[id] = func() { timer.Stop(); s.sendUpdate(&gone) }
}

func (s *Server) releaseUpdate(id string) {
	if send := s.held[id]; send != nil {
		delete(s.held, id)
		send()
	}
}

func (s *Server) sendUpdate(st *status) {
	for _, a := range s.accounts {
		if s.inHome(st, a) && !s.hidden(st, a, "home") {
			s.emit(a, "update", func() any { return s.statusObject(st, a, "home") })
		}
	}
}

// streamDelete tells everyone, and lets a held update follow: the order clients must survive.
func (s *Server) streamDelete(st *status) {
	for _, a := range s.accounts {
		s.emit(a, "delete", func() any { return st.id })
	}
	s.releaseUpdate(st.id)
}

// DropStreams cuts all open streams; clients may connect again.
func (s *Server) DropStreams() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sub := range s.subscribers {
		sub.cut()
	}
}

// Streams returns how many streams are subscribed.
func (s *Server) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for sub := range s.subscribers {
		if sub.mode != "" {
			n++
		}
	}
	return n
}

func (s *Server) endStreams(token string) {
	for sub := range s.subscribers {
		if sub.token == token {
			sub.cut()
		}
	}
}

// subscribe admits a stream for a token. The returned context ends when it is to be cut.
func (s *Server) subscribe(ctx context.Context, r *http.Request, key string) (context.Context, *subscriber, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[key]
	if t == nil || t.user == nil {
		return nil, nil, s.unauthorised()
	}
	if !t.allows("read:statuses") && !t.allows("read:notifications") {
		return nil, nil, s.outsideScopes()
	}
	host.Owner(r, t.user.name)
	ctx, cut := context.WithCancel(ctx)
	sub := &subscriber{
		user: t.user, token: key, notes: t.allows("read:notifications"),
		events: make(chan event, backlog), cut: cut,
	}
	s.subscribers[sub] = true
	s.streams.Add(1)
	return ctx, sub, nil
}

func (s *Server) unsubscribe(sub *subscriber) {
	sub.cut()
	s.mu.Lock()
	delete(s.subscribers, sub)
	s.mu.Unlock()
	s.streams.Done()
}

// listen chooses what a stream carries and says whether there is such a stream.
func (s *Server) listen(sub *subscriber, stream string) bool {
	if stream != "user" && stream != "user:notification" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub.mode = stream
	return true
}

// streamToken finds the token in query, Authorization or Sec-WebSocket-Protocol.
func streamToken(r *http.Request) string {
	if t := r.URL.Query().Get("access_token"); t != "" {
		return t
	}
	c := call{r: r}
	if t := c.bearer(); t != "" {
		return t
	}
	return r.Header.Get("Sec-Websocket-Protocol")
}

func (s *Server) websocket(w http.ResponseWriter, r *http.Request) {
	ctx, sub, err := s.subscribe(s.ctx, r, streamToken(r))
	if err != nil {
		writeProblem(w, err.(*problem))
		return
	}
	defer s.unsubscribe(sub)
	if stream := r.URL.Query().Get("stream"); stream != "" && !s.listen(sub, stream) {
		writeProblem(w, fail(http.StatusBadRequest, "Unknown stream type"))
		return
	}
	opts := &websocket.AcceptOptions{InsecureSkipVerify: true}
	if proto := r.Header.Get("Sec-Websocket-Protocol"); proto != "" {
		opts.Subprotocols = []string{proto}
	}
	conn, err := websocket.Accept(w, r, opts)
	if err != nil {
		return // Accept has answered
	}
	defer conn.CloseNow()
	go s.readCommands(ctx, conn, sub)
	s.pump(ctx, sub, func(ev event) error {
		msg := object{"stream": []string{ev.stream}, "event": ev.name}
		if ev.payload != "" {
			msg["payload"] = ev.payload
		}
		raw, err := json.Marshal(msg)
		if err != nil {
			return err
		}
		return conn.Write(ctx, websocket.MessageText, raw)
	}, func() error { return conn.Ping(ctx) })
}

// readCommands serves {"type":"subscribe","stream":"user"} and ends the stream with the connection.
func (s *Server) readCommands(ctx context.Context, conn *websocket.Conn, sub *subscriber) {
	defer sub.cut()
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var cmd struct{ Type, Stream string }
		if json.Unmarshal(raw, &cmd) != nil || cmd.Type != "subscribe" {
			continue
		}
		if !s.listen(sub, cmd.Stream) {
			_ = conn.Write(ctx, websocket.MessageText, []byte(`{"error":"Unknown stream type","status":400}`))
		}
	}
}

func (s *Server) sse(w http.ResponseWriter, r *http.Request) {
	ctx, sub, err := s.subscribe(r.Context(), r, streamToken(r))
	if err != nil {
		writeProblem(w, err.(*problem))
		return
	}
	defer s.unsubscribe(sub)
	defer context.AfterFunc(s.ctx, sub.cut)()
	mode := "user"
	if r.URL.Path == "/api/v1/streaming/user/notification" {
		mode = "user:notification"
	}
	s.listen(sub, mode)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "private, no-store")
	out := http.NewResponseController(w)
	write := func(text string) error {
		if _, err := fmt.Fprint(w, text); err != nil {
			return err
		}
		return out.Flush()
	}
	if write(":)\n") != nil {
		return
	}
	s.pump(ctx, sub, func(ev event) error {
		return write("event: " + ev.name + "\ndata: " + ev.payload + "\n\n")
	}, func() error { return write(":thump\n") })
	if r.Context().Err() == nil && s.ctx.Err() == nil {
		panic(http.ErrAbortHandler) // a cut, not an orderly end
	}
}

// pump sends events and heartbeats until the stream is cut.
func (s *Server) pump(ctx context.Context, sub *subscriber, send func(event) error, beat func() error) {
	tick := time.NewTicker(s.opt.Heartbeat)
	defer tick.Stop()
	for sent := 0; s.opt.DropStreamAfter <= 0 || sent < s.opt.DropStreamAfter; {
		select {
		case <-ctx.Done():
			return
		case ev := <-sub.events:
			if send(ev) != nil {
				return
			}
			sent++
		case <-tick.C:
			if beat() != nil {
				return
			}
		}
	}
}
