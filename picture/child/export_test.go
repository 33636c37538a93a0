package child

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
