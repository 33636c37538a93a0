package child

import "os"

// KillAll lets tests end children from outside, and waits until they are gone.
func (p *Pool) KillAll() {
	p.mu.Lock()
	var all []*process
	for c := range p.running {
		all = append(all, c)
	}
	p.mu.Unlock()
	for _, c := range all {
		c.kill()
		<-c.gone
	}
}

// Signal lets tests stop children and have them go on.
func (p *Pool) Signal(sig os.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.running {
		c.cmd.Process.Signal(sig)
	}
}

// Running is how many children there are.
func (p *Pool) Running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.running)
}
