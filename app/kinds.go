package app

import (
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
)

// ErrUsage is an error of whoever wrote the command or the configuration. With those of package
// operator it tells a command which exit code an error asks for.
var ErrUsage = network.ErrUsage

// marked is an error that is also of a kind, which its text does not say.
type marked struct{ err, kind error }

func (m marked) Error() string   { return m.err.Error() }
func (m marked) Unwrap() []error { return []error{m.err, m.kind} }

func usage(err error) error    { return network.Usage(err) }
func notFound(err error) error { return marked{err, operator.ErrNotFound} }
func down(err error) error     { return marked{err, operator.ErrDown} }
func refused(err error) error  { return marked{err, operator.ErrRefused} }
