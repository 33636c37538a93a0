package metrics_test

import (
	"context"
	"errors"
	"image"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/operator/metrics"
	"slugpuppy/picture/child"
	"slugpuppy/store"
)

func TestMetricsTellHowThingsAreAndNameNobody(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	scope := identity.Identity{Server: "private.example", ID: "account-of-ada"}
	if _, err := st.For(scope).Subscription().Join(store.Actor{Name: "test"}, store.Subscriber{Identity: scope, Handle: "ada@private.example", Mode: store.FilterOn, Trouble: "no token"}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.For(scope).Jobs().Record("1", store.Job{Source: "1", Handle: "ada@private.example", State: store.Queued, Lane: "words"}); err != nil {
		t.Fatal(err)
	}
	o := metrics.Options{Source: st.Operator(), Version: "v1", Engine: func() (float64, time.Duration) { return 3e9, 2 * time.Second },
		Money: func() (float64, float64, error) { return 1.5, 8.5, nil },
		Cluster: func() metrics.Cluster {
			return metrics.Cluster{Connected: true, Nodes: map[string]int{"worker": 2, "daemon": 1}, Slots: 8, Busy: 3, Waiting: 5, Again: 1,
				Age: 12 * time.Second, Verdicts: 70, Asked: 40, Known: 30, Shared: true, Lease: time.Minute}
		},
		Decoders: func() child.Stats { return child.Stats{Pictures: 7, Started: 4, Lost: 3, Here: 2} }}
	m, err := metrics.New(o)
	if err != nil {
		t.Fatal(err)
	}
	m.Judged("certain")
	m.Unreadable()
	if _, err := m.Decoding("mentions", func(context.Context, []byte) (image.Image, error) { return nil, errors.New("no picture") })(t.Context(), nil); err == nil {
		t.Error("decoded")
	}
	m.Looked(time.Second)
	m.Hidden(3 * time.Second)
	m.Replied(time.Minute)
	var sick error
	h := m.Handler(func() error { return sick })
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	code, text := get("/metrics")
	for _, want := range []string{`slugpuppy_verdicts_total{band="certain"} 1`, "slugpuppy_unreadable_pictures_total 1", `slugpuppy_decode_failures_total{of="mentions"} 1`, `slugpuppy_jobs{state="queued"} 1`,
		`slugpuppy_timelines{mode="on"} 1`, "slugpuppy_engine_operations_total 3000000000", "slugpuppy_engine_seconds_total 2", "slugpuppy_timelines_in_trouble 1", "slugpuppy_api_spent_dollars 1.5", "slugpuppy_api_budget_left_dollars 8.5", "slugpuppy_hide_latency_seconds_count 1",
		`slugpuppy_cluster_nodes{kind="worker"} 2`, "slugpuppy_cluster_slots_busy 3", "slugpuppy_cluster_orders 5",
		"slugpuppy_cluster_order_age_seconds 12", "slugpuppy_cluster_redelivered_orders 1", "slugpuppy_cluster_verdict_hits_total 30",
		"slugpuppy_cluster_lease_seconds 60",
		`slugpuppy_decoded_pictures_total{where="apart"} 7`, `slugpuppy_decoded_pictures_total{where="here"} 2`, "slugpuppy_decoders_started_total 4", "slugpuppy_decoders_lost_total 3", `version="v1"`} {
		if code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%d: no %s", code, want)
		}
	}
	parser := expfmt.NewTextParser(model.LegacyValidation) // Prometheus' own
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for name, f := range families {
		if strings.HasPrefix(name, "slugpuppy_") && (f.GetHelp() == "" || f.GetType() == dto.MetricType_UNTYPED) {
			t.Errorf("%s has no description", name)
		}
	}
	if h := families["slugpuppy_reply_latency_seconds"].GetMetric(); len(h) != 1 || h[0].GetHistogram().GetSampleCount() != 1 || h[0].GetHistogram().GetSampleSum() != 60 {
		t.Errorf("an answer after a minute: %v", h)
	}
	for _, of := range []string{"go_goroutines", "process_open_fds", "process_resident_memory_bytes"} {
		if families[of] == nil {
			t.Errorf("nothing tells of %s", of)
		}
	}
	board, err := os.ReadFile("../../../packaging/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range regexp.MustCompile(`slugpuppy_[a-z_]+`).FindAllString(string(board), -1) {
		of := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(shown, "_bucket"), "_sum"), "_count")
		if families[of] == nil {
			t.Errorf("the dashboard shows %s, which is nothing", shown)
		}
	}
	for _, secret := range []string{"ada@", "private.example", "account-of-ada"} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics name %s", secret)
		}
	}
	if code, _ := get("/readyz"); code != http.StatusOK {
		t.Errorf("ready: %d", code)
	}
	sick = errors.New("suspended")
	if code, _ := get("/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("not ready: %d", code)
	}
	if code, _ := get("/healthz"); code != http.StatusOK {
		t.Errorf("alive: %d", code)
	}
}
