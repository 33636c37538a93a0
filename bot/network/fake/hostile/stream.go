package hostile

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// streaming answers streams in the server's own way; all else stays honest.
func streaming(talk func(ctx context.Context, conn *websocket.Conn)) Lie {
	return Only(Streams, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
			if err != nil {
				return // Accept has answered
			}
			defer conn.CloseNow()
			talk(conn.CloseRead(context.Background()), conn)
		})
	})
}

// endlessEvent is one event without an end, slowly or not.
func endlessEvent(pause time.Duration) Lie {
	return streaming(func(ctx context.Context, conn *websocket.Conn) {
		event, err := conn.Writer(ctx, websocket.MessageText)
		for part := []byte(`{"event":"` + strings.Repeat("x", 5000)); err == nil; _, err = event.Write(part) {
			time.Sleep(pause)
		}
	})
}

// chatter is one event after the other, of kinds that nobody knows, some of them large.
func chatter() Lie {
	return streaming(func(ctx context.Context, conn *websocket.Conn) {
		for i := 0; ; i++ {
			event := fmt.Sprintf(`{"stream":["user"],"event":"kind %d","payload":%q}`, i, strings.Repeat(Commands, i%50))
			kind := websocket.MessageText
			if i%7 == 0 {
				event, kind = "\x00\xff"+event, websocket.MessageBinary
			}
			if conn.Write(ctx, kind, []byte(event)) != nil {
				return
			}
			time.Sleep(2 * time.Second)
		}
	})
}

// large is a megabyte at a time, again and again.
func large() Lie {
	return streaming(func(ctx context.Context, conn *websocket.Conn) {
		event := []byte(`{"event":"update","payload":"` + strings.Repeat("x", 1<<20) + `"}`)
		for conn.Write(ctx, websocket.MessageText, event) == nil {
			time.Sleep(15 * time.Second)
		}
	})
}

// cutOff ends every stream at once.
func cutOff() Lie {
	return streaming(func(_ context.Context, conn *websocket.Conn) {
		_ = conn.Close(websocket.StatusNormalClosure, Commands[:20])
	})
}
