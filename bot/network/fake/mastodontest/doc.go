// Package mastodontest is a Mastodon-API server in memory, for tests and the demo. It is strict
// about what real servers are strict about: required fields, limits, scopes, rate limits,
// visibility, media that is not ready, pagination bounds. A client that passes here should not be
// surprised by the real thing. It speaks two dialects, Mastodon's and GoToSocial's, where they
// differ in ways a client must survive, and it breaks on demand: see Fault and Server.Reachable.
//
// A test drives it through users (Server.AddUser, User.Post, User.Boost, ...) and asks it
// afterwards what happened (Server.Requests, Server.RepliesTo, Server.DuplicateReplies).
//
//	srv := mastodontest.New(mastodontest.Options{})
//	srv.Start()
//	defer srv.Close()
//	bot := srv.AddUser("dreambot", mastodontest.UserOptions{Bot: true})
//	ada := srv.AddUser("ada", mastodontest.UserOptions{})
//	post, err := ada.Post(mastodontest.PostOptions{Text: "@dreambot more birds", Media: pictures})
//	... run the client with srv.URL and bot.Token("read write") ...
//	replies := srv.RepliesTo(post.ID)
//
// What it is not: it does not federate, transcode video or HEIC, edit posts, run polls, or keep
// anything on disk. Where a server's behaviour is not known for certain the stricter one is chosen.
package mastodontest
