package metrics

import (
	"bytes"
	"fmt"
	"io"

	vm "github.com/VictoriaMetrics/metrics"
)

// The kinds of families, as the exposition format names them.
const (
	counter   = "counter"
	gauge     = "gauge"
	histogram = "histogram"
)

// family is a metric with all its labels, under its description.
type family struct {
	name, kind, help string
	set              *vm.Set
}

// add begins a family, which is shown after those before it.
func (m *Metrics) add(name, kind, help string) *vm.Set {
	f := family{name, kind, help, vm.NewSet()}
	m.families = append(m.families, f)
	return f.set
}

// name is a metric with a label. Values are of our own making, and quoted all the same.
func name(metric, label, value string) string { return fmt.Sprintf("%s{%s=%q}", metric, label, value) }

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// write writes everything in Prometheus' text format.
func (m *Metrics) write(to io.Writer) {
	m.scrape.Lock()
	defer m.scrape.Unlock()
	var w bytes.Buffer
	for _, f := range m.families {
		describe(&w, f.name, f.kind, f.help)
		f.set.WritePrometheus(&w)
	}
	snapshot(&w, m.source)
	if m.cluster != nil {
		m.cluster().write(&w)
	}
	vm.WriteProcessMetrics(&w)
	vm.WriteFDMetrics(&w)
	_, _ = w.WriteTo(to)
}

func describe(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}
