package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/safehttp"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// door lets people in with their own server; each server's registration is kept.
type door struct {
	cfg      *config.Config
	store    *store.Store
	key      *store.Key
	client   *http.Client
	callback string
	log      *slog.Logger
}

// Begin implements web.SignIn.
func (d *door) Begin(ctx context.Context, server string) (string, web.Attempt, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" {
		return "", nil, fmt.Errorf("%q is no server", server)
	}
	if own, err := url.Parse(d.cfg.Mastodon.Server); err == nil && strings.EqualFold(u.Host, own.Host) {
		server = strings.TrimSuffix(d.cfg.Mastodon.Server, "/") // which may be one to try things on, without https
	}
	app, err := d.app(ctx, server)
	if err != nil {
		return "", nil, err
	}
	try := app.NewAttempt()
	return try.URL(), &entrance{door: d, server: server, app: app, try: try}, nil
}

// app is the registration with a server, made at the first sign-in from there.
func (d *door) app(ctx context.Context, server string) (mastodon.App, error) {
	app := mastodon.App{Server: server, Redirect: d.callback, Scopes: mastodon.FilterScopes}
	name := "app:" + strings.ToLower(server) + " " + d.callback
	id, err := d.store.Secret(d.key, name, "client_id")
	if errors.Is(err, store.ErrNoSecret) {
		return d.register(ctx, server, name)
	}
	if err != nil {
		return app, err
	}
	secret, err := d.store.Secret(d.key, name, "client_secret")
	app.ClientID, app.ClientSecret = string(id), string(secret)
	return app, err
}

func (d *door) register(ctx context.Context, server, name string) (mastodon.App, error) {
	app, err := mastodon.Register(ctx, d.client, server, d.cfg.Mastodon.ClientName, d.cfg.Mastodon.Website, d.callback, mastodon.FilterScopes)
	if err != nil {
		return app, err
	}
	if err := d.store.PutSecret(d.key, name, "client_secret", []byte(app.ClientSecret)); err != nil {
		return app, err
	}
	return app, d.store.PutSecret(d.key, name, "client_id", []byte(app.ClientID))
}

// entrance is a sign-in under way.
type entrance struct {
	*door
	server string
	app    mastodon.App
	try    *mastodon.Attempt
}

// Finish implements web.Attempt.
func (e *entrance) Finish(ctx context.Context, query url.Values) (web.Person, error) {
	code, err := e.try.Code(query)
	if err != nil {
		return web.Person{}, err
	}
	token, err := e.try.Exchange(ctx, e.client, code)
	if err != nil {
		return web.Person{}, err
	}
	client, err := mastodon.New(mastodon.Options{Server: e.server, Token: token, Log: e.log, Transport: e.client.Transport, Stranger: true, AllowHosts: ownHosts(e.cfg), UserAgent: "slugpuppy/" + version})
	if err != nil {
		return web.Person{}, err
	}
	self, err := client.Self(ctx)
	if err != nil {
		return web.Person{}, err
	}
	return web.Person{Account: self, Server: e.server, Identity: identity.Identity{Server: client.Host(), ID: self.ID}, Network: client.Name(),
		Secrets: map[string]string{"token": token, "client_id": e.app.ClientID, "client_secret": e.app.ClientSecret}}, nil
}

// strangers is the client for servers that people name. Only the configured one may be private.
func strangers(cfg *config.Config) *safehttp.Client {
	return safehttp.New(safehttp.Options{UserAgent: "slugpuppy/" + version, Timeout: time.Minute, Allow: ownHosts(cfg)})
}

// ownHosts is the configured server's host, if there is one.
func ownHosts(cfg *config.Config) []string {
	if u, err := url.Parse(cfg.Mastodon.Server); err == nil && u.Host != "" {
		return []string{u.Host}
	}
	return nil
}

// handles reads a list of accounts, with or without @ before each.
func handles(list string) (out []string) {
	for _, h := range strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ' ' || r == ',' }) {
		out = append(out, strings.TrimPrefix(h, "@"))
	}
	return out
}

// previewOf is an attachment that is only an address.
func previewOf(address string) network.Media { return network.Media{Kind: network.Still, URL: address} }

// newSite makes the web page.
func newSite(cfg *config.Config, st *store.Store, key *store.Key, timeline *timeline.Filter, svc operator.Service, meters *x.Meters, log *slog.Logger) (*web.Site, error) {
	u, err := url.Parse(strings.TrimSuffix(cfg.Web.URL, "/"))
	if err != nil {
		return nil, fmt.Errorf("web.url: %w", err)
	}
	studio, budget, err := webStudio(cfg)
	if err != nil {
		return nil, err
	}
	safe, known := strangers(cfg), newConnections(cfg, st, key)
	return web.New(web.Options{
		Store: st, Filter: timeline, Admin: svc, Studio: studio, Budget: budget, URL: u, Log: log,
		SignIn: &door{cfg: cfg, store: st, key: key, client: safe.HTTP(), callback: u.String() + "/callback", log: log},
		Admins: handles(cfg.Web.Admins),
		Costs:  xCosts(cfg, svc, meters),
		Try:    cfg.Web.Try, Proxy: cfg.Web.Proxy, Shadow: cfg.Filter.Shadow.Std(),
		Fetch: func(ctx context.Context, sub store.Subscriber, address string) ([]byte, error) {
			client, err := known.account(sub, log)
			if err != nil {
				return nil, err
			}
			return client.Fetch(ctx, previewOf(address), int64(cfg.Picture.MaxBytes))
		},
	})
}

// webStudio is what the page makes and judges pictures with.
func webStudio(cfg *config.Config) (*web.Studio, func(float64) (float64, float64), error) {
	net, err := classifier.Default()
	if err != nil {
		return nil, nil, fmt.Errorf("load the network: %w", err)
	}
	d, err := detector.New(net)
	if err != nil {
		return nil, nil, err
	}
	maker, limits, words := dream.New(net, makerOptions(cfg)), pictureLimits(cfg), dream.NewVocabulary(net.Labels())
	s := &web.Studio{
		Decode: func(ctx context.Context, data []byte) (image.Image, error) {
			p, err := picture.Decode(ctx, data, limits)
			if err != nil {
				return nil, err
			}
			return p.Image, nil
		},
		See: maker.See, Judge: d.Judge,
		Heatmap: func(ctx context.Context, img image.Image) (image.Image, error) { return d.Heatmap(ctx, img) },
		Dream: func(ctx context.Context, img image.Image, text string, report func(dream.Progress)) (dream.Piece, error) {
			req, err := mention.Parse(strings.TrimSpace("dream " + text))
			if err != nil {
				return dream.Piece{}, err
			}
			r, err := req.Recipe(ctx, words, 1)
			if err != nil {
				return dream.Piece{}, err
			}
			if r.Verb != dream.Dream {
				return dream.Piece{}, &mention.Problem{Words: "Here only one picture at a time is dreamed: words such as eyes, more birds or into banana work."}
			}
			return maker.Make(ctx, dream.Order{Recipe: r, Source: picture.ToNRGBA(img)}, report)
		},
	}
	budget := func(b float64) (float64, float64) {
		p := d.Head().Promise(b, detector.Photographs)
		return p.Score, p.Found
	}
	return s, budget, nil
}

// serveWeb serves browsers until ctx ends; requests under way may finish.
func serveWeb(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if srv.Shutdown(late) != nil {
			srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve browsers: %w", err)
	}
	return nil
}
