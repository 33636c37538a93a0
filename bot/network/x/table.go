package x

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// spelling is one set of names for what concerns posts. X's specification uses the first since August
// 2026, its guides the second; nobody says when which one works, and a wrong name is refused or,
// worse, left out of the answer in silence. These names are written down here and nowhere else.
type spelling struct {
	fields     string // parameter
	values     string // fields of posts
	expansions string
}

// Posts that others refer to are not asked for along with them, as far as a spelling allows that:
// they may cost as much as those that refer to them.
var spellings = [...]spelling{
	{
		fields:     "post.fields",
		values:     "id,text,created_at,attachments,entities,lang,possibly_sensitive,note_post",
		expansions: "author_id,attachments.media_keys,referenced_posts",
	},
	{
		fields:     "tweet.fields",
		values:     "id,text,created_at,author_id,referenced_tweets,attachments,entities,lang,possibly_sensitive,note_tweet",
		expansions: "author_id,attachments.media_keys",
	},
}

// The fields of users and media have one spelling.
const (
	userFields  = "id,name,username,created_at,description,protected"
	mediaFields = "media_key,type,url,preview_image_url,alt_text,width,height,variants"
)

// ask is the part of a query that names fields.
func (s spelling) ask() url.Values {
	return url.Values{s.fields: {s.values}, "expansions": {s.expansions}, "user.fields": {userFields}, "media.fields": {mediaFields}}
}

// named says whether a parameter of a refused call is one that the spellings are about.
func named(parameter string) bool {
	return strings.HasSuffix(parameter, ".fields") || parameter == "expansions"
}

// endpoint is one call of v2 with how often X lets a user make it in 15 minutes (docs.x.com, August
// 2026; zero where that is not said).
type endpoint struct {
	op     string // in errors
	method string
	path   string // {} stands for an id
	calls  int
}

// The names of calls in errors.
const (
	postReply   = "post a reply"
	uploadMedia = "upload a picture"
)

var (
	getMe       = endpoint{"ask who we are", http.MethodGet, "/2/users/me", 75}
	getUser     = endpoint{"look up an account", http.MethodGet, "/2/users/{}", 300}
	getUserName = endpoint{"look up an account", http.MethodGet, "/2/users/by/username/{}", 300}
	getPost     = endpoint{"read a post", http.MethodGet, "/2/tweets/{}", 900}
	getPosts    = endpoint{"read posts", http.MethodGet, "/2/tweets", 900}
	getMentions = endpoint{"read mentions", http.MethodGet, "/2/users/{}/mentions", 300}
	getHome     = endpoint{"read the home timeline", http.MethodGet, "/2/users/{}/timelines/reverse_chronological", 180}
	getPostsOf  = endpoint{"read an account's posts", http.MethodGet, "/2/users/{}/tweets", 900}
	createPost  = endpoint{postReply, http.MethodPost, "/2/tweets", 100}
	deletePost  = endpoint{"delete a post", http.MethodDelete, "/2/tweets/{}", 50}
	uploadWhole = endpoint{uploadMedia, http.MethodPost, "/2/media/upload", 500}
	uploadBegin = endpoint{uploadMedia, http.MethodPost, "/2/media/upload/initialize", 1875}
	uploadPart  = endpoint{uploadMedia, http.MethodPost, "/2/media/upload/{}/append", 1875}
	uploadEnd   = endpoint{uploadMedia, http.MethodPost, "/2/media/upload/{}/finalize", 1875}
	uploadState = endpoint{uploadMedia, http.MethodGet, "/2/media/upload", 0}
	setMetadata = endpoint{"describe a picture", http.MethodPost, "/2/media/metadata", 500}
	getMutes    = endpoint{"read the mutes", http.MethodGet, "/2/users/{}/muting", 15}
	createMute  = endpoint{"mute an account", http.MethodPost, "/2/users/{}/muting", 50}
	deleteMute  = endpoint{"unmute an account", http.MethodDelete, "/2/users/{}/muting/{}", 50}
)

// endpoints are all that have a limit, for the wire to know them by their paths.
var endpoints = []endpoint{getMe, getUser, getUserName, getPost, getPosts, getMentions, getHome, getPostsOf, createPost, deletePost,
	uploadWhole, uploadBegin, uploadPart, uploadEnd, uploadState, setMetadata, getMutes, createMute, deleteMute}

// Limits of v1.1 that are known; those that are not X says itself.
var v1Endpoints = []endpoint{
	{getHome.op, http.MethodGet, "/1.1/statuses/home_timeline.json", 15},
	{getMentions.op, http.MethodGet, "/1.1/statuses/mentions_timeline.json", 75},
	{getPostsOf.op, http.MethodGet, "/1.1/statuses/user_timeline.json", 900},
	{getPost.op, http.MethodGet, "/1.1/statuses/show.json", 900},
	{getMe.op, http.MethodGet, "/1.1/account/verify_credentials.json", 75},
	{getUser.op, http.MethodGet, "/1.1/users/show.json", 900},
	{getMutes.op, http.MethodGet, "/1.1/mutes/users/ids.json", 15},
}

// family is what calls of an endpoint are counted under.
func (e endpoint) family() string { return e.method + " " + e.path }

// families are the endpoints by that.
var families = func() map[string]endpoint {
	all := map[string]endpoint{}
	for _, e := range slices.Concat(endpoints, v1Endpoints) {
		all[e.family()] = e
	}
	return all
}()

// at is the path with ids in place of the braces.
func (e endpoint) at(ids ...string) string {
	path := e.path
	for _, id := range ids {
		path = strings.Replace(path, "{}", url.PathEscape(id), 1)
	}
	return path
}
