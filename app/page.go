package app

import (
	"context"
	"image"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/timeline"
	"slugpuppy/bot/web"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// newSite makes the web page for a filter's subscribers, operators and passers-by.
func (a *App) newSite(known connections, filter *timeline.Filter, svc operator.Service,
	decode decoder) (*web.Site, error) {
	cfg := a.cfg
	u, err := a.pageURL()
	if err != nil {
		return nil, err
	}
	d, err := a.detector()
	if err != nil {
		return nil, err
	}
	studio, err := a.pageStudio(decode)
	if err != nil {
		return nil, err
	}
	p, porch := porch(known.places)
	return web.New(web.Options{
		Store: known.store, Filter: filter, Admin: svc, Studio: studio, URL: u, Log: a.log,
		Budget: func(b float64) (float64, float64) { p := d.Promise(b); return p.Score, p.Found },
		On:     p.Title, SignIn: door{network: p.Name, porch: porch, callback: u.String() + "/callback"},
		Admins: handles(cfg.Web.Admins), FindAdmin: porch.Find,
		Costs: a.costs(known.places), Beside: a.beside,
		Try: cfg.Web.Try, Proxies: cfg.Web.Proxies, ProxyHeader: cfg.Web.ProxyHeader, Shadow: cfg.Filter.Shadow.Std(),
		Fetch: func(ctx context.Context, sub store.Subscriber, address string) ([]byte, error) {
			reader, err := known.reader(sub)
			if err != nil {
				return nil, err
			}
			return reader.Fetch(ctx, previewOf(address), a.pictures.MaxBytes)
		},
	})
}

// previewOf is an attachment that is only an address.
func previewOf(address string) network.Media { return network.Media{Kind: network.Still, URL: address} }

// handles reads a list of accounts, with or without @ before each.
func handles(list string) (out []string) {
	for _, h := range strings.FieldsFunc(strings.ToLower(list), func(r rune) bool { return r == ' ' || r == ',' }) {
		name, domain, _ := strings.Cut(strings.TrimPrefix(h, "@"), "@")
		if host, err := identity.Host(domain); err == nil {
			domain = host
		}
		out = append(out, name+"@"+domain)
	}
	return out
}

// pageStudio is what the page makes and judges pictures with: it waits for its turn among the bots.
func (a *App) pageStudio(decode decoder) (*web.Studio, error) {
	d, err := a.detector()
	if err != nil {
		return nil, err
	}
	engine, err := a.engine()
	if err != nil {
		return nil, err
	}
	dreamers, err := a.dreamers()
	if err != nil {
		return nil, err
	}
	return &web.Studio{
		Decode: decode, See: engine.Maker.See, Judge: d.Judge,
		Heatmap: func(ctx context.Context, img image.Image) (image.Image, error) { return d.Heatmap(ctx, img) },
		Dream: func(ctx context.Context, img image.Image, text string, report func(dream.Progress)) (dream.Piece, error) {
			r, err := pageRecipe(ctx, text, engine.Words)
			if err != nil {
				return dream.Piece{}, err
			}
			return dreamers.page.Make(ctx, dream.Order{Recipe: r, Source: picture.ToNRGBA(img)}, report)
		},
	}, nil
}

// pageRecipe is what words on the page ask for.
func pageRecipe(ctx context.Context, text string, words *dream.Vocabulary) (dream.Recipe, error) {
	req, err := mention.Parse(strings.TrimSpace("dream "+text), "")
	if err != nil {
		return dream.Recipe{}, err
	}
	r, _, err := req.Recipe(ctx, words, 1)
	if err != nil {
		return r, err
	}
	return r, mention.Still(r)
}
