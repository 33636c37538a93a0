package network

// Finding is one line of a doctor's report.
type Finding struct {
	Check  string // what was looked at
	State  Health
	Detail string
	Remedy string // what to do; empty when all is well
}

// Health is how a check went. Only what is sick keeps the bot from working.
type Health string

// How checks go.
const (
	Healthy Health = "ok"
	Doubt   Health = "warn"
	Sick    Health = "fail"
)
