package app

import (
	"strings"
)

// announce says in a few lines what the daemon does, where it can be reached, and what it does not do because
// nothing says that it should.
func (d *daemon) announce(open doors) {
	log, cfg := d.app.log, d.app.cfg
	for _, b := range d.bots {
		log.Info("answers mentions", "network", b.Platform.Name(), "server", b.Platform.Host())
	}
	if d.filter != nil {
		subs, err := d.store.Operator().Subscribers()
		if err == nil {
			log.Info("keeps dreams out of timelines", "subscribers", len(subs))
		}
	}
	if open.page != nil {
		log.Info("serves the page", "listen", open.page.Addr().String(), "url", cfg.Web.URL)
	}
	at := []any{"socket", open.admin.Addr().String()}
	if cfg.Admin.Metrics != "" {
		at = append(at, "metrics", cfg.Admin.Metrics)
	}
	log.Info("listens to operators", at...)
	if missing := d.missing(open); len(missing) > 0 {
		log.Info("does without", "what", strings.Join(missing, "; "))
	}
}

// missing is what nobody has set up, with how to.
func (d *daemon) missing(open doors) (all []string) {
	if len(d.bots) == 0 {
		all = append(all, "a bot: "+d.app.loginFor())
	}
	switch {
	case d.filter == nil:
		all = append(all, "the filter and its page: set filter.enabled")
	case open.page == nil:
		all = append(all, "a page: set web.listen and web.url")
	}
	if d.app.cfg.Dream.FFmpeg != "none" && d.app.FFmpeg() == "" {
		all = append(all, "MP4 clips: install ffmpeg")
	}
	return all
}
