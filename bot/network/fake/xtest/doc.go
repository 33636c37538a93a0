// Package xtest is X's API in memory, v2 and v1.1, for tests and the demo. It is strict about what
// X is strict about, as its documentation and reports of August 2026 have it: OAuth 1.0a signatures
// (checked by an RFC 5849 implementation of its own), field names in either of the two spellings in
// use, answers to posts that did not mention the author, repeated words, media that is not ready,
// limits of calls. It breaks on demand: see Inject and Reachable.
//
// A test drives it through users (Server.AddUser, User.Post, ...) and asks it afterwards what
// happened (Server.Requests, Server.RepliesTo, Server.DuplicateReplies, Server.Usage).
//
//	srv := xtest.New(xtest.Options{})
//	srv.Start()
//	defer srv.Close()
//	bot := srv.AddUser("dreambot", xtest.UserOptions{})
//	ada := srv.AddUser("ada", xtest.UserOptions{})
//	post, err := ada.Post(xtest.PostOptions{Text: "@dreambot more birds", Media: pictures})
//	... run the client with srv.URL, srv.Consumer() and bot.Token() ...
//	replies := srv.RepliesTo(post.ID)
//
// What it is not: it does not transcode, search, stream, keep direct messages, or anything on disk.
// Where X's behaviour is not known for certain the stricter one is chosen; where that is a matter of
// taste it is an option.
package xtest
