package host

import (
	"bytes"
	"context"
	"net"
	"sync"
	"time"
)

// pipeListener hands the server's end of connections in memory to Accept.
type pipeListener struct {
	name  string
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener(name string) *pipeListener {
	return &pipeListener{name: name, conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := buffered(net.Pipe())
	select {
	case l.conns <- server:
		return client, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return pipeAddr(l.name) }

type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }

// pipeBuffer is how many writes may be on their way before the next one waits, as on a socket.
const pipeBuffer = 64

// linger is how long the last bytes of a closed connection wait for their reader.
const linger = 5 * time.Second

// pipe is an end of a net.Pipe that sends as a socket does: without waiting for the reader. Over a bare
// net.Pipe two ends that answer each other at the same moment would wait for each other.
type pipe struct {
	net.Conn
	sending chan []byte
	closed  chan struct{}
	once    sync.Once
}

func buffered(a, b net.Conn) (*pipe, *pipe) { return newPipe(a), newPipe(b) }

func newPipe(c net.Conn) *pipe {
	p := &pipe{Conn: c, sending: make(chan []byte, pipeBuffer), closed: make(chan struct{})}
	go p.send()
	return p
}

// send hands over what was written, the rest of it after Close, and ends the connection.
func (p *pipe) send() {
	defer p.Conn.Close()
	for {
		select {
		case b := <-p.sending:
			if _, err := p.Conn.Write(b); err != nil {
				p.Close()
				return
			}
		case <-p.closed:
			for {
				select {
				case b := <-p.sending:
					if _, err := p.Conn.Write(b); err != nil {
						return
					}
				default:
					return
				}
			}
		}
	}
}

func (p *pipe) Write(b []byte) (int, error) {
	select {
	case <-p.closed:
		return 0, net.ErrClosed
	default:
	}
	select {
	case p.sending <- bytes.Clone(b):
		return len(b), nil
	case <-p.closed:
		return 0, net.ErrClosed
	}
}

func (p *pipe) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	select {
	case <-p.closed:
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() {
		_ = p.Conn.SetReadDeadline(time.Unix(1, 0)) // whoever reads ends now
		_ = p.Conn.SetWriteDeadline(time.Now().Add(linger))
		close(p.closed)
	})
	return nil
}

// SetDeadline is that of reading: what is written waits for nobody, or for a closed connection.
func (p *pipe) SetDeadline(t time.Time) error { return p.SetReadDeadline(t) }

// SetWriteDeadline does nothing, see SetDeadline.
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// SetReadDeadline says until when Read may wait.
func (p *pipe) SetReadDeadline(t time.Time) error {
	select {
	case <-p.closed:
		return net.ErrClosed
	default:
		return p.Conn.SetReadDeadline(t)
	}
}
