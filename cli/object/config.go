package object

// Check is what `config check` found.
type Check struct {
	OK       bool     `json:"ok"`
	File     string   `json:"file,omitempty"`     // "" without one
	Unread   []string `json:"unread,omitempty"`   // variables that look like ours and that nothing reads
	Needs    string   `json:"needs,omitempty"`    // what is missing before serve can begin
	Problems []string `json:"problems,omitempty"` // what is wrong, one thing each
}

// Setting is an option of the configuration, its value and where that comes from.
type Setting struct {
	Key    string `json:"key"`
	Value  string `json:"value"` // secrets are not shown
	Source string `json:"source"`
}
