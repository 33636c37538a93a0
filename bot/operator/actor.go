package operator

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"

	"slugpuppy/store"
)

// actorKey is where a context carries who asks.
type actorKey struct{}

// As says who asks: an account that a server vouches for. Without it, it is somebody on this machine.
func As(ctx context.Context, who store.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, who)
}

// peer is a connection of a user of this machine.
type peer struct {
	net.Conn
	uid int
}

// overSocket is As for whoever made a connection to the socket.
func overSocket(ctx context.Context, c net.Conn) context.Context {
	if p, ok := c.(peer); ok {
		return asUser(ctx, p.uid)
	}
	return As(ctx, store.Actor{Name: "operator"}) // where the kernel does not tell
}

// asUser is As for a user of this machine.
func asUser(ctx context.Context, uid int) context.Context {
	name := fmt.Sprintf("uid %d", uid)
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil { // who has no name here, as in a container, has a number
		name = u.Username
	}
	return As(ctx, store.Actor{Name: "operator (" + name + ")"})
}

// actor is who asks, for the audit trail; the user of this process where nobody has said.
func actor(ctx context.Context) store.Actor {
	who, ok := ctx.Value(actorKey{}).(store.Actor)
	if !ok {
		return actor(asUser(ctx, os.Getuid()))
	}
	return who
}
