package mastodontest

// statusObject is a post as JSON for one viewer (nil for the public) in a filter context: home,
// notifications, thread, account or "" for a single post.
func (s *Server) statusObject(st *status, viewer *account, context string) object {
	out := s.bareStatus(st, viewer)
	if st.boostOf != nil {
		inner := s.statusObject(st.boostOf, viewer, context)
		out["reblog"] = inner
		for _, k := range []string{"content", "media_attachments", "mentions", "tags", "spoiler_text", "sensitive"} {
			out[k] = inner[k]
		}
	}
	if viewer != nil {
		out["filtered"] = s.filtered(st, viewer, context)
	}
	if st.quote != nil && !s.gts() {
		out["quote"] = s.quoteObject(st.quote, viewer)
	}
	return out
}

// editedAt is when a post was last edited, nil for never.
func (st *status) editedAt() any {
	if st.edited.IsZero() {
		return nil
	}
	return stamp(st.edited)
}

func (s *Server) bareStatus(st *status, viewer *account) object {
	replyID, replyAccount := s.replyFields(st)
	out := object{
		"id": st.id, "uri": st.uri(s), "url": st.url(s), "created_at": stamp(st.created), "edited_at": st.editedAt(),
		"account": s.accountObject(st.author), "in_reply_to_id": replyID, "in_reply_to_account_id": replyAccount,
		"content": st.parsed.html, "spoiler_text": st.warning, "sensitive": st.sensitive,
		"visibility": st.visibility, "language": nullable(st.language),
		"media_attachments": s.mediaObjects(st), "mentions": s.mentionObjects(st), "tags": s.tagObjects(st),
		"emojis": []object{}, "card": nil, "poll": nil, "reblog": nil, "application": nil, "quote": nil,
		"replies_count": s.replyCount(st), "reblogs_count": len(st.boosts), "favourites_count": len(st.favourites),
	}
	if s.gts() {
		delete(out, "quote")
	} else {
		out["quotes_count"], out["quote_approval"] = s.quoteCount(st), approval(st, viewer)
	}
	if st.app != "" {
		out["application"] = object{"name": st.app, "website": nil}
	}
	if viewer != nil {
		p := st.proper()
		out["favourited"], out["reblogged"] = p.favourites[viewer], p.boosts[viewer] != nil
		out["bookmarked"], out["muted"], out["pinned"] = false, viewer.silenced[s.root(p)], false
	}
	return out
}

// replyFields are the parent's id and author. Mastodon clears the link when the parent is deleted.
func (s *Server) replyFields(st *status) (id, author any) {
	parent := s.statusByID[st.parent]
	if parent == nil || (parent.deleted && !s.gts()) {
		return nil, nil
	}
	return parent.id, parent.author.id
}

func (s *Server) replyCount(st *status) int {
	n := 0
	for _, c := range s.children[st.id] {
		if !c.deleted {
			n++
		}
	}
	return n
}

func (s *Server) mediaObjects(st *status) []object {
	out := []object{}
	for _, m := range st.media {
		out = append(out, m.object(s))
	}
	return out
}

func (s *Server) mentionObjects(st *status) []object {
	out := []object{}
	for _, a := range st.mentions {
		out = append(out, object{"id": a.id, "username": a.name, "acct": a.acct(), "url": a.url(s)})
	}
	return out
}

func (s *Server) tagObjects(st *status) []object {
	out := []object{}
	for _, t := range st.parsed.tags {
		out = append(out, object{"name": t, "url": s.URL + "/tags/" + t})
	}
	return out
}

func (s *Server) quoteCount(st *status) int {
	n := 0
	for _, q := range s.statuses {
		if q.quote == st && !q.deleted {
			n++
		}
	}
	return n
}

// approval says who may quote a post: everybody may what everybody sees, and their own what they see.
func approval(st *status, viewer *account) object {
	all, user := []string{}, "denied"
	switch {
	case st.visibility == "public" || st.visibility == "unlisted":
		all, user = []string{"public"}, "automatic"
	case viewer == st.author && st.visibility != "direct":
		user = "automatic"
	case viewer == nil:
		user = "unknown"
	}
	return object{"automatic": all, "manual": []string{}, "current_user": user}
}

// quoteObject is the quoted post as the viewer may see it (Mastodon 4.5's Quote entity).
func (s *Server) quoteObject(q *status, viewer *account) object {
	switch {
	case q.deleted:
		return object{"state": "deleted", "quoted_status": nil}
	case !s.visible(q, viewer):
		return object{"state": "unauthorized", "quoted_status": nil}
	}
	return object{"state": "accepted", "quoted_status": s.bareStatus(q, viewer)}
}
