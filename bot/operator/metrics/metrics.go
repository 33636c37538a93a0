// Package metrics tells Prometheus how the daemon is. No label names a person, an account or a
// server: metrics are read by more people than the database.
package metrics

import (
	"context"
	"errors"
	"image"
	"net/http"
	"sync"
	"time"

	vm "github.com/VictoriaMetrics/metrics"

	"slugpuppy/picture/child"
	"slugpuppy/store"
)

// Metrics counts what happens. Its methods are safe for concurrent use.
type Metrics struct {
	families []family
	source   Source
	cluster  func() Cluster
	verdicts *vm.Set
	spoilt   *vm.Set
	unread   *vm.Counter
	bugs     *vm.Counter
	looks    *vm.PrometheusHistogram
	hidden   *vm.PrometheusHistogram
	replies  *vm.PrometheusHistogram
	scrape   sync.Mutex // one at a time
}

// Source is what is read at each scrape.
type Source interface {
	Counts() (map[store.State]int, error)
	Subscribers() ([]store.Subscriber, error)
	Jobs(store.Filter) ([]store.Job, error)
}

// Engine tells the operations of networks so far and the time they took; classifier.Performed is one.
type Engine func() (operations float64, took time.Duration)

// Money is what networks cost this month in US dollars, all accounts together, and what the account
// with the least left may still cost: +Inf without a cap.
type Money func() (spent, left float64, err error)

// Options of Metrics. Money may be nil, where nothing costs; source, engine and version are needed.
type Options struct {
	Source Source
	Engine Engine
	Money  Money
	// Trouble says why the store cannot be written, nil when it can; nil where nobody knows.
	Trouble func() error
	// Decoders tells what the processes that decode strangers' pictures did; nil where there are none.
	Decoders func() child.Stats
	// Cluster tells how other machines are; nil where there are none.
	Cluster func() Cluster
	Version string // of the program
}

// New checks the options and returns metrics.
func New(o Options) (*Metrics, error) {
	if o.Source == nil || o.Engine == nil || o.Version == "" {
		return nil, errors.New("metrics: no source, no engine or no version")
	}
	m := &Metrics{source: o.Source, cluster: o.Cluster}
	m.count()
	m.time()
	m.add("slugpuppy_build_info", gauge, "Always 1.").NewGauge(name("slugpuppy_build_info", "version", o.Version),
		func() float64 { return 1 })
	m.add("slugpuppy_engine_operations_total", counter, "Floating-point operations of the networks.").
		NewGauge("slugpuppy_engine_operations_total", func() float64 { n, _ := o.Engine(); return n })
	m.add("slugpuppy_engine_seconds_total", counter, "Time those operations took; the operations a second are the first rate by this one.").
		NewGauge("slugpuppy_engine_seconds_total", func() float64 { _, took := o.Engine(); return took.Seconds() })
	if o.Trouble != nil {
		m.add("slugpuppy_store_writable", gauge, "1 when the store could be written lately, 0 when the disk is full, fails or is slow.").
			NewGauge("slugpuppy_store_writable", func() float64 { return truth(o.Trouble() == nil) })
	}
	if o.Money != nil {
		m.bills(o.Money)
	}
	if o.Decoders != nil {
		m.decoders(o.Decoders)
	}
	return m, nil
}

// count makes the counters of what happens.
func (m *Metrics) count() {
	m.verdicts = m.add("slugpuppy_verdicts_total", counter, "Pictures judged for timelines, by band.")
	m.unread = m.add("slugpuppy_unreadable_pictures_total", counter, "Pictures of timelines that could not be fetched or decoded.").
		NewCounter("slugpuppy_unreadable_pictures_total")
	m.bugs = m.add("slugpuppy_contained_errors_total", counter, "Errors of our own that cost one timeline a pass; the log has them.").
		NewCounter("slugpuppy_contained_errors_total")
	m.spoilt = m.add("slugpuppy_decode_failures_total", counter, "Picture files that could not be decoded, by where they came from.")
}

// time makes the histograms of how long things take.
func (m *Metrics) time() {
	seconds := []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}
	m.looks = m.add("slugpuppy_look_seconds", histogram, "Time the network took for one picture's fingerprint.").
		NewPrometheusHistogramExt("slugpuppy_look_seconds", seconds[:9])
	m.hidden = m.add("slugpuppy_hide_latency_seconds", histogram, "From a post's time to its being in a filter.").
		NewPrometheusHistogramExt("slugpuppy_hide_latency_seconds", seconds)
	m.replies = m.add("slugpuppy_reply_latency_seconds", histogram, "From a mention's arrival to its answer.").
		NewPrometheusHistogramExt("slugpuppy_reply_latency_seconds", seconds)
}

// Judged counts a post's verdict.
func (m *Metrics) Judged(band string) {
	m.verdicts.GetOrCreateCounter(name("slugpuppy_verdicts_total", "band", band)).Inc()
}

// Unreadable counts a picture that could not be judged.
func (m *Metrics) Unreadable() { m.unread.Inc() }

// Contained counts an error of our own that cost one timeline a pass.
func (m *Metrics) Contained() { m.bugs.Inc() }

// Decoding counts the files that a decoder refuses, under what they are of: mentions, timelines or the
// page.
func (m *Metrics) Decoding(of string, decode func(context.Context, []byte) (image.Image, error)) func(context.Context, []byte) (image.Image, error) {
	failures := m.spoilt.GetOrCreateCounter(name("slugpuppy_decode_failures_total", "of", of)) // shown as 0 from the beginning
	return func(ctx context.Context, data []byte) (image.Image, error) {
		img, err := decode(ctx, data)
		if err != nil && ctx.Err() == nil {
			failures.Inc()
		}
		return img, err
	}
}

// Looked notes how long the network took for a picture.
func (m *Metrics) Looked(took time.Duration) { m.looks.Update(took.Seconds()) }

// Hidden notes how long after it was written a post was filed.
func (m *Metrics) Hidden(after time.Duration) { m.hidden.Update(after.Seconds()) }

// Replied notes how long after its arrival a mention was answered.
func (m *Metrics) Replied(after time.Duration) { m.replies.Update(after.Seconds()) }

// Handler serves /metrics and what Health does.
func (m *Metrics) Handler(ready func() error) http.Handler {
	mux := Health(ready)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		m.write(w) // who scrapes is gone: nobody to tell
	})
	return mux
}

// Health serves /healthz (the process answers) and /readyz (it can work; ready says why it cannot).
func Health(ready func() error) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}
