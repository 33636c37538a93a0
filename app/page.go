package app

import (
	"cmp"
	"context"
	"image"
	"slices"
	"strconv"
	"strings"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/mention"
	"slugpuppy/bot/reply/words"
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
		Budget: d.Promise,
		On:     p.Title, SignIn: door{network: p.Name, porch: porch, callback: u.String() + "/callback"},
		Admins: handles(cfg.Web.Admins), FindAdmin: porch.Find,
		Costs: a.costs(known.places), Beside: append(slices.Clone(a.beside), galleryLink),
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
		Decode: decode, See: engine.Maker.See, Judge: d.Judge, Words: engine.Words.Words,
		Heatmap: func(ctx context.Context, img image.Image) (image.Image, error) { return d.Heatmap(ctx, img) },
		Read: func(ctx context.Context, text string) (web.Wish, error) {
			_, wish, err := pageRecipe(ctx, text, engine.Words)
			return wish, err
		},
		Dream: func(ctx context.Context, img image.Image, text string, report func(dream.Progress)) (dream.Piece, error) {
			r, _, err := pageRecipe(ctx, text, engine.Words)
			if err != nil {
				return dream.Piece{}, err
			}
			return dreamers.page.Make(ctx, pageOrder(r, img), report)
		},
	}, nil
}

// pageVerbs are what can be asked for on the page.
var pageVerbs = []mention.Verb{mention.Dream, mention.Imagine, mention.Dive, mention.Wander, mention.Surprise, mention.Replay}

// pageRecipe is what words on the page ask for, as far as the page grants it, and what is to be said of that. What is not one of its
// verbs is a word to dream of.
func pageRecipe(ctx context.Context, text string, known *dream.Vocabulary) (dream.Recipe, web.Wish, error) {
	req, err := mention.Parse(strings.TrimSpace(text), "")
	if err != nil || req.Implied || !slices.Contains(pageVerbs, req.Verb) {
		req, err = mention.Parse(strings.TrimSpace("dream "+text), "")
	}
	if err != nil {
		return dream.Recipe{}, web.Wish{}, err
	}
	r, heard, err := req.Recipe(ctx, known, 1)
	if err != nil {
		return r, web.Wish{}, err
	}
	_, left := req.Wishes(1)
	for _, name := range []string{"image", "all", "cw", "visibility", "as", "guide"} {
		left = append(left, req.Without(name, mention.NoUse, "this page")...)
	}
	r.Guide = false
	granted, over := withinPage(r, req)
	heard.Add(mention.Heard{Left: append(left, over...)})
	return granted, web.Wish{Picture: r.Verb != dream.Imagine, Heard: words.Heard(heard, req.Unknown)}, nil
}

// withinPage is a recipe no larger than the page has time for, and what is left of it.
func withinPage(r dream.Recipe, req mention.Request) (dream.Recipe, []mention.Left) {
	was := r
	switch r.Verb {
	case dream.Imagine:
		r.Size = min(cmp.Or(r.Size, pageImagine), 2*pageImagine)
	case dream.Dive, dream.Wander:
		r.Size = min(cmp.Or(r.Size, pageClip), pageClip)
		r.Seconds, r.Repeat = min(cmp.Or(r.Seconds, pageSeconds), pageSeconds), min(cmp.Or(r.Repeat, pageFrames), pageFrames)
	default:
		r.Size = min(r.Size, pageSide)
	}
	var left []mention.Left
	for _, o := range []struct {
		name        string
		asked, most int
	}{{"size", was.Size, r.Size}, {"seconds", was.Seconds, r.Seconds}, {"count", was.Repeat, r.Repeat}} {
		if o.asked > o.most {
			left = append(left, req.Without(o.name, mention.PageLimit, strconv.Itoa(o.most))...)
		}
	}
	return r, left
}

// Sizes of what the page makes, in pixels, for people wait for it; clips are as long as this at most.
const (
	pageSide, pageImagine, pageClip = 1280, 320, 256
	pageSeconds, pageFrames         = 3, 4
)

// pageOrder is the order for a recipe.
func pageOrder(r dream.Recipe, img image.Image) dream.Order {
	o := dream.Order{}
	if img != nil {
		o.Source = picture.ToNRGBA(img)
	}
	switch r.Verb {
	case dream.Imagine:
		o.Source = nil
	case dream.Dive, dream.Wander:
		o.Accept = []dream.Format{{MIME: dream.MP4}, {MIME: dream.GIF}}
	}
	o.Recipe = r
	return o
}
