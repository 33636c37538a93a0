package object

// File is what became of a file.
type File struct {
	File   string `json:"file"`
	OK     bool   `json:"ok,omitempty"`
	From   string `json:"from,omitempty"`   // the copy it was restored from
	Kept   string `json:"kept,omitempty"`   // where the one before it was put
	Before int64  `json:"before,omitempty"` // bytes
	After  int64  `json:"after,omitempty"`
}

// SignedIn is the bot's account after a login.
type SignedIn struct {
	Account   string `json:"account"`
	Network   string `json:"network"`
	Server    string `json:"server,omitempty"`
	Automated bool   `json:"automated"` // the network's own flag for automated accounts
}

// Network is a network that something was done to.
type Network struct {
	Name string `json:"name"`
}

// Operator is what one operator of a network's gradient costs.
type Operator struct {
	Operator string  `json:"operator"`
	Kind     string  `json:"kind,omitempty"` // of arithmetic
	MS       float64 `json:"ms"`
	LimitMS  float64 `json:"limit_ms"` // at the processor's peak or its memory's
	Bound    string  `json:"bound"`    // arithmetic or memory
}
