package mastodon

import (
	"context"
	"net/http"
	"strings"

	"slugpuppy/bot/network"
)

// instance is what we need of /api/v2/instance; Mastodon before 4.0 has only the first
// version, whose fields are a subset with the same names, and uri for domain.
type instance struct {
	Domain        string `json:"domain"`
	AccountDomain string `json:"account_domain"` // GoToSocial, whose domain is the host
	URI           string `json:"uri"`
	Version       string `json:"version"`
	SourceURL     string `json:"source_url"`
	APIVersions   struct {
		Mastodon int `json:"mastodon"`
	} `json:"api_versions"`
	Configuration struct {
		URLs struct {
			Streaming string `json:"streaming"`
		} `json:"urls"`
		Statuses struct {
			MaxCharacters       int `json:"max_characters"`
			MaxMediaAttachments int `json:"max_media_attachments"`
			ReservedPerURL      int `json:"characters_reserved_per_url"`
		} `json:"statuses"`
		Media struct {
			DescriptionLimit int      `json:"description_limit"`
			MIMETypes        []string `json:"supported_mime_types"`
			ImageSize        int64    `json:"image_size_limit"`
			ImageMatrix      int64    `json:"image_matrix_limit"`
			VideoSize        int64    `json:"video_size_limit"`
			VideoMatrix      int64    `json:"video_matrix_limit"`
		} `json:"media_attachments"`
	} `json:"configuration"`
	URLs struct {
		Streaming string `json:"streaming_api"`
	} `json:"urls"`
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

func (c *Client) instance(ctx context.Context) (instance, error) {
	var i instance
	code, err := c.get(ctx, "/api/v2/instance", nil, &i)
	if code == http.StatusNotFound {
		_, err = c.get(ctx, "/api/v1/instance", nil, &i)
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
	s, m := i.Configuration.Statuses, i.Configuration.Media
	return network.Limits{
		TextRunes: or(s.MaxCharacters, defaultText), AltRunes: or(m.DescriptionLimit, defaultAlt),
		ImageBytes: or(m.ImageSize, defaultImageBytes), ImagePixels: or(m.ImageMatrix, defaultImagePixels),
		VideoBytes: or(m.VideoSize, defaultVideoBytes), VideoPixels: or(m.VideoMatrix, defaultVideoPixels),
		Attachments: or(s.MaxMediaAttachments, defaultAttachments), ReservedURL: or(s.ReservedPerURL, defaultURL),
		MIMETypes: m.MIMETypes, SupportsKey: i.knowsKeys(), ServerName: i.name(),
	}, nil
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

func or[T int | int64 | string](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// askDomain asks for the domain in local handles. It differs from the host of the API where
// a server is called example.social and lives at social.example.social.
func (c *Client) askDomain(ctx context.Context) (string, error) {
	ctx, call := c.begin(ctx, "read the server's domain", callTime)
	defer call.end()
	i, err := c.instance(ctx)
	if err != nil {
		return "", call.failed(err)
	}
	domain := or(or(i.AccountDomain, i.Domain), or(i.URI, c.base.Host))
	if _, host, found := strings.Cut(domain, "://"); found { // some servers before Mastodon 4
		domain = strings.Trim(host, "/")
	}
	return strings.ToLower(domain), nil
}

func containsFold(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }
