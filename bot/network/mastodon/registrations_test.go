package mastodon

import (
	"fmt"
	"testing"
	"time"
)

func TestRegistrationsAreFewAndYoung(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	r := newRegistrations(func() time.Time { return at })
	app := func(i int) App {
		return App{Server: fmt.Sprint("https://", i, ".example"), Redirect: "back", ClientID: fmt.Sprint(i)}
	}
	for i := range maxRegistrations + 10 {
		at = at.Add(time.Second)
		r.keep(app(i))
	}
	if len(r.all) != maxRegistrations {
		t.Errorf("%d are kept", len(r.all))
	}
	if _, ok := r.find(app(9).Server, "back", ""); ok {
		t.Error("the oldest is kept")
	}
	if got, ok := r.find(app(10).Server, "back", ""); !ok || got != app(10) {
		t.Errorf("%+v %v", got, ok)
	}
	if _, ok := r.find(app(10).Server, "elsewhere", ""); ok {
		t.Error("found for another way back")
	}
	r.forget(App{Server: app(10).Server, Redirect: "back", ClientID: "an older one"})
	if _, ok := r.find(app(10).Server, "back", ""); !ok {
		t.Error("a failed sign-in forgets a registration that was not its own")
	}
	r.forget(app(10))
	if _, ok := r.find(app(10).Server, "back", ""); ok {
		t.Error("still there after it failed")
	}
	last := app(maxRegistrations + 9)
	if at = at.Add(registrationLife); true {
		if _, ok := r.find(last.Server, "back", ""); ok {
			t.Error("found after its time")
		}
	}
	r.keep(app(1))
	if len(r.all) != 1 {
		t.Errorf("%d are kept past their time", len(r.all))
	}
}

// A server that forgot the program tells only the person in the browser, who does not come back.
func TestARegistrationFromWhichNobodyComesBackIsMadeAnew(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	r := newRegistrations(func() time.Time { return at })
	app := App{Server: "https://example.social", Redirect: "back", ClientID: "1"}
	found := func() bool { _, ok := r.find(app.Server, app.Redirect, ""); return ok }
	r.keep(app)
	at = at.Add(10 * time.Minute)
	if first := found(); !first || !found() {
		t.Fatal("it is not found")
	}
	at = at.Add(unanswered - time.Second)
	if !found() {
		t.Error("somebody who reads slowly costs a registration")
	}
	r.known(App{Server: app.Server, Redirect: app.Redirect, ClientID: "another"})
	at = at.Add(time.Second)
	if found() {
		t.Error("still used though nobody came back")
	}
	r.known(app)
	if !found() {
		t.Error("not used though somebody came back")
	}
}
