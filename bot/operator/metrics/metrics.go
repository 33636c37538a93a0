// Package metrics tells Prometheus how the daemon is. No label names a person, an account or a
// server: metrics are read by more people than the database.
package metrics

import (
	"context"
	"errors"
	"image"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"slugpuppy/picture/child"
	"slugpuppy/store"
)

// Metrics counts what happens. Its methods are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	verdicts *prometheus.CounterVec
	unread   prometheus.Counter
	bugs     prometheus.Counter
	spoilt   *prometheus.CounterVec
	looks    prometheus.Histogram
	hidden   prometheus.Histogram
	replies  prometheus.Histogram
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
	Version  string // of the program
}

// New checks the options and returns metrics.
func New(o Options) (*Metrics, error) {
	if o.Source == nil || o.Engine == nil || o.Version == "" {
		return nil, errors.New("metrics: no source, no engine or no version")
	}
	engine := o.Engine
	seconds := []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "slugpuppy_verdicts_total", Help: "Pictures judged for timelines, by band."}, []string{"band"}),
		unread:   prometheus.NewCounter(prometheus.CounterOpts{Name: "slugpuppy_unreadable_pictures_total", Help: "Pictures of timelines that could not be fetched or decoded."}),
		bugs:     prometheus.NewCounter(prometheus.CounterOpts{Name: "slugpuppy_contained_errors_total", Help: "Errors of our own that cost one timeline a pass; the log has them."}),
		spoilt:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "slugpuppy_decode_failures_total", Help: "Picture files that could not be decoded, by where they came from."}, []string{"of"}),
		looks:    prometheus.NewHistogram(prometheus.HistogramOpts{Name: "slugpuppy_look_seconds", Help: "Time the network took for one picture's fingerprint.", Buckets: seconds[:9]}),
		hidden:   prometheus.NewHistogram(prometheus.HistogramOpts{Name: "slugpuppy_hide_latency_seconds", Help: "From a post's time to its being in a filter.", Buckets: seconds}),
		replies:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "slugpuppy_reply_latency_seconds", Help: "From a mention's arrival to its answer.", Buckets: seconds}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "slugpuppy_build_info", Help: "Always 1.", ConstLabels: prometheus.Labels{"version": o.Version}})
	info.Set(1)
	operations := prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "slugpuppy_engine_operations_total", Help: "Floating-point operations of the networks."},
		func() float64 { n, _ := engine(); return n })
	busy := prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "slugpuppy_engine_seconds_total", Help: "Time those operations took; the operations a second are the first rate by this one."},
		func() float64 { _, took := engine(); return took.Seconds() })
	m.registry.MustRegister(m.verdicts, m.unread, m.bugs, m.spoilt, m.looks, m.hidden, m.replies, info, operations, busy, &snapshot{o.Source},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if o.Trouble != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "slugpuppy_store_writable",
			Help: "1 when the store could be written lately, 0 when the disk is full, fails or is slow."},
			func() float64 {
				if o.Trouble() != nil {
					return 0
				}
				return 1
			}))
	}
	if o.Money != nil {
		m.registry.MustRegister(bills(o.Money)...)
	}
	if o.Decoders != nil {
		m.registry.MustRegister(decoders(o.Decoders)...)
	}
	return m, nil
}

// Judged counts a post's verdict.
func (m *Metrics) Judged(band string) { m.verdicts.WithLabelValues(band).Inc() }

// Unreadable counts a picture that could not be judged.
func (m *Metrics) Unreadable() { m.unread.Inc() }

// Contained counts an error of our own that cost one timeline a pass.
func (m *Metrics) Contained() { m.bugs.Inc() }

// Decoding counts the files that a decoder refuses, under what they are of: mentions, timelines or the
// page.
func (m *Metrics) Decoding(of string, decode func(context.Context, []byte) (image.Image, error)) func(context.Context, []byte) (image.Image, error) {
	failures := m.spoilt.WithLabelValues(of) // shown as 0 from the beginning
	return func(ctx context.Context, data []byte) (image.Image, error) {
		img, err := decode(ctx, data)
		if err != nil && ctx.Err() == nil {
			failures.Inc()
		}
		return img, err
	}
}

// Looked notes how long the network took for a picture.
func (m *Metrics) Looked(took time.Duration) { m.looks.Observe(took.Seconds()) }

// Hidden notes how long after it was written a post was filed.
func (m *Metrics) Hidden(after time.Duration) { m.hidden.Observe(after.Seconds()) }

// Replied notes how long after its arrival a mention was answered.
func (m *Metrics) Replied(after time.Duration) { m.replies.Observe(after.Seconds()) }

// Handler serves /metrics and what Health does.
func (m *Metrics) Handler(ready func() error) http.Handler {
	mux := Health(ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 2}))
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

// snapshot reads the store at each scrape.
type snapshot struct{ src Source }

var (
	jobsDesc = prometheus.NewDesc("slugpuppy_jobs", "Jobs by state.", []string{"state"}, nil)
	ageDesc  = prometheus.NewDesc("slugpuppy_queue_age_seconds", "Age of the oldest job that waits.", nil, nil)
	subsDesc = prometheus.NewDesc("slugpuppy_timelines", "Timelines looked after, by what is done.", []string{"mode"}, nil)
	sickDesc = prometheus.NewDesc("slugpuppy_timelines_in_trouble", "Timelines whose server does not let us work.", nil, nil)
	errDesc  = prometheus.NewDesc("slugpuppy_store_readable", "1 when the store could be read for this scrape.", nil, nil)
)

// Describe implements prometheus.Collector.
func (s *snapshot) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{jobsDesc, ageDesc, subsDesc, sickDesc, errDesc} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *snapshot) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counts, err1 := s.src.Counts()
	waiting, err2 := s.src.Jobs(store.Filter{States: []store.State{store.Queued}})
	subs, err3 := s.src.Subscribers()
	if err1 != nil || err2 != nil || err3 != nil {
		gauge(errDesc, 0)
		return
	}
	gauge(errDesc, 1)
	for _, state := range append(store.Unfinished(), store.Posted, store.Skipped, store.Cancelled, store.Dead) {
		gauge(jobsDesc, float64(counts[state]), string(state))
	}
	age := 0.0
	for _, j := range waiting {
		age = max(age, time.Since(j.Created).Seconds())
	}
	gauge(ageDesc, age)
	modes := map[store.Mode]int{store.FilterOn: 0, store.FilterShadow: 0, store.FilterOff: 0}
	sick := 0
	for _, sub := range subs {
		modes[sub.Acting(time.Now())]++
		if sub.Trouble != "" {
			sick++
		}
	}
	for mode, n := range modes {
		gauge(subsDesc, float64(n), string(mode))
	}
	gauge(sickDesc, float64(sick))
}
