package web

// Cost is what an account on a network that bills cost this month. Amounts are written out, such as
// $0.165.
type Cost struct {
	On        string // the network
	Who       string
	Spent     string
	Cap, Left string // empty without a cap
	Percent   int    // of the cap
	Stopped   string // what is not done any more this month, "" for nothing
	Lines     []CostLine
	Calls     []Calls // the scarcest first
}

// CostLine is what one kind of thing cost.
type CostLine struct {
	What string
	N    int
	Cost string
}

// Calls is how often something may still be asked of the network before its window ends.
type Calls struct {
	What     string
	Left, Of int
}

// fewest is how many limits of calls an account shows.
const fewest = 4

// Scarce are the limits of calls of which the smallest share is left.
func (c Cost) Scarce() []Calls { return c.Calls[:min(fewest, len(c.Calls))] }
