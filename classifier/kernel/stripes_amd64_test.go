package kernel

import (
	"testing"
	"unsafe"
)

func TestTheAssemblyFindsAStripeWhereGoPutsIt(t *testing.T) {
	var s stripe
	samePlaces(t, stripePlaces, map[string][2]uintptr{
		"x":     {unsafe.Offsetof(s.x), unsafe.Sizeof(s.x[0])},
		"y":     {unsafe.Offsetof(s.y), unsafe.Sizeof(s.y[0])},
		"cols":  {unsafe.Offsetof(s.cols), unsafe.Sizeof(s.cols[0])},
		"at":    {unsafe.Offsetof(s.at), unsafe.Sizeof(s.at)},
		"vecs":  {unsafe.Offsetof(s.vecs), unsafe.Sizeof(s.vecs)},
		"lines": {unsafe.Offsetof(s.lines), unsafe.Sizeof(s.lines)},
	})
}
