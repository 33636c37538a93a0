package mastodontest

import "strings"

// Versions claimed: clients derive features from them (blur filters need API version 5).
const (
	mastodonVersion   = "4.5.3"
	mastodonAPI       = 7
	gotosocialVersion = "0.20.2 git-fake"
)

func instanceRoutes() []route {
	return []route{
		{pattern: "GET /api/v1/instance", handle: (*call).instanceV1},
		{pattern: "GET /api/v2/instance", handle: (*call).instanceV2},
	}
}

var mimeTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4"}

func (s *Server) version() string {
	if s.gts() {
		return gotosocialVersion
	}
	return mastodonVersion
}

// source is where the software's own source is; what tells GoToSocial from others.
func (s *Server) source() string {
	if s.gts() {
		return "https://codeberg.org/superseriousbusiness/gotosocial"
	}
	return "https://github.com/mastodon/mastodon"
}

// streamingURL is where streams are. GoToSocial says wss even when it speaks http.
func (s *Server) streamingURL() string {
	scheme := "ws"
	if s.gts() {
		scheme = "wss"
	}
	_, host, _ := strings.Cut(s.URL, "://")
	return scheme + "://" + host
}

func (s *Server) configuration() object {
	l := s.limits
	return object{
		"accounts": object{"max_featured_tags": 10, "max_pinned_statuses": 5},
		"statuses": object{
			"max_characters": l.TextRunes, "max_media_attachments": l.Attachments,
			"characters_reserved_per_url": l.ReservedURL,
		},
		"media_attachments": object{
			"description_limit": l.AltRunes, "supported_mime_types": mimeTypes,
			"image_size_limit": l.ImageBytes, "image_matrix_limit": l.ImagePixels,
			"video_size_limit": l.VideoBytes, "video_matrix_limit": l.VideoPixels, "video_frame_rate_limit": 120,
		},
		"polls": object{
			"max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2629746,
		},
	}
}

// vapid is the key that pushes are signed with: the base point of the curve P-256, which is nobody's.
const vapid = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU="

func (c *call) instanceV1() (any, error) {
	return object{
		"uri": c.s.domain(), "title": "Fake " + c.s.opt.Dialect.String(), "short_description": "",
		"description": "A server for tests.", "email": "admin@" + c.s.domain(), "version": c.s.version(),
		"urls":      object{"streaming_api": c.s.streamingURL()},
		"stats":     object{"user_count": len(c.s.accounts), "status_count": len(c.s.statuses), "domain_count": 0},
		"languages": []string{"en"}, "registrations": false, "approval_required": false,
		"invites_enabled": false, "configuration": c.s.configuration(), "contact_account": nil, "rules": []object{},
		"thumbnail": c.s.URL + "/thumbnail.png",
	}, nil
}

func (c *call) instanceV2() (any, error) {
	conf := c.s.configuration()
	conf["urls"] = object{"streaming": c.s.streamingURL()}
	conf["translation"] = object{"enabled": false}
	out := object{
		"domain": c.s.domain(), "title": "Fake " + c.s.opt.Dialect.String(), "version": c.s.version(),
		"source_url": c.s.source(), "description": "A server for tests.",
		"usage":     object{"users": object{"active_month": len(c.s.accounts)}},
		"languages": []string{"en"}, "configuration": conf,
		"registrations": object{"enabled": false, "approval_required": false, "message": nil},
		"contact":       object{"email": "admin@" + c.s.domain(), "account": nil},
		"rules":         []object{},
	}
	if !c.s.gts() {
		out["api_versions"] = object{"mastodon": mastodonAPI}
		out["thumbnail"] = object{"url": c.s.URL + "/thumbnail.png"}
		out["icon"] = []object{{"src": c.s.URL + "/icon-36.png", "size": "36x36"}}
		conf["vapid"] = object{"public_key": vapid}
		out["registrations"] = object{"enabled": false, "approval_required": false, "reason_required": nil,
			"message": nil, "min_age": nil, "url": nil}
	}
	return out, nil
}
