package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"slugpuppy/store"
)

// ExitLocked is how `db check --child` ends when somebody else has the file open.
const ExitLocked = 5

// openStore opens the database, making its folder readable by nobody else.
func (a *App) openStore(ctx context.Context) (*store.Store, error) {
	if err := a.placed(); err != nil {
		return nil, err
	}
	path := a.cfg.Store.Path
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	st, err := openSound(ctx, path, store.Options{MaxSize: int(a.cfg.Store.MaxSize)})
	if errors.Is(err, store.ErrLocked) {
		return nil, refused(fmt.Errorf("%w; is slugpuppy running already?", err)) // which names the file
	}
	return st, err
}

// placed is an error where nothing says in which folder the state is.
func (a *App) placed() error {
	if a.cfg.Store.Path == "" {
		return usage(errors.New("where should the database be? Nothing says where your home is: set store.path " +
			"(SLUGPUPPY_STORE_PATH), or HOME"))
	}
	return nil
}

// openSound opens a database after a child has looked at it: a damaged one can end the process that
// opens it.
func openSound(ctx context.Context, path string, o store.Options) (*store.Store, error) {
	if err := soundEnough(ctx, path); err != nil && !errors.Is(err, store.ErrLocked) { // Open says that
		return nil, err
	}
	return store.Open(path, o)
}

// soundEnough checks a database that may not be there yet.
func soundEnough(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return CheckDatabase(ctx, path)
}

// CheckDatabase runs `db check --child`, since a corrupt file can end the process that maps it.
func CheckDatabase(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return notFound(fmt.Errorf("no database: %w", err))
	}
	if err := openable(path); err != nil { // which is no damage
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program to check the database in a child: %w", err)
	}
	out, err := exec.CommandContext(ctx, self, "db", "check", "--child", path).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == ExitLocked {
		return refused(fmt.Errorf("%w: %s; is slugpuppy running? Please stop it first", store.ErrLocked, path))
	}
	if errors.As(err, &exit) && ctx.Err() == nil {
		return fmt.Errorf("%s is damaged or cannot be read; put back a copy with `slugpuppy db restore FILE`: one "+
			"made with `slugpuppy db backup`, or %s.nightly.\n%s", path, path, firstLines(bytes.TrimSpace(out), 3))
	}
	if err != nil {
		return fmt.Errorf("check the database in a child process: %w", err)
	}
	return nil
}

// openable is an error where this user may not open a database.
func openable(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	return f.Close()
}

// CheckInProcess is what that child does. Its exit code says whether somebody else has the file open.
func CheckInProcess(path string) error {
	err := store.Check(path)
	if errors.Is(err, store.ErrLocked) {
		return refused(err)
	}
	return err
}

// firstLines returns at most n lines of out.
func firstLines(out []byte, n int) []byte {
	for i, c := range out {
		if c == '\n' {
			if n--; n == 0 {
				return out[:i]
			}
		}
	}
	return out
}

// Restore puts a copy in place of the database, after checking it, and returns where what was there
// is kept, "" for nowhere. Nobody may have the database open.
func (a *App) Restore(ctx context.Context, from string) (kept string, err error) {
	if err := a.placed(); err != nil {
		return "", err
	}
	to := a.cfg.Store.Path
	if err := CheckDatabase(ctx, from); err != nil {
		return "", err
	}
	if err := soundEnough(ctx, to); errors.Is(err, store.ErrLocked) {
		return "", err
	} // any other is why the copy is wanted
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", fmt.Errorf("make the state folder: %w", err)
	}
	if kept, err = store.Restore(ctx, from, to); err != nil {
		return "", fmt.Errorf("restore the database: %w", err)
	}
	return kept, nil
}

// Compact gives the database's unused pages back to the disk and says how many bytes it had and has.
// Nobody may have it open.
func (a *App) Compact(ctx context.Context) (before, after int64, err error) {
	if err := a.placed(); err != nil {
		return 0, 0, err
	}
	path := a.cfg.Store.Path
	if err := CheckDatabase(ctx, path); err != nil {
		return 0, 0, err
	}
	return compact(ctx, path)
}

// CompactSuffix is what the name of the file ends in that Compact writes, which then takes the database's place.
const CompactSuffix = ".compact"

// compact rewrites the file beside itself and swaps them.
func compact(ctx context.Context, path string) (before, after int64, err error) {
	tmp := path + CompactSuffix
	defer os.Remove(tmp)
	if before, err = size(path); err != nil {
		return 0, 0, notFound(err)
	}
	if err = store.Compact(ctx, path, tmp); err != nil {
		return 0, 0, fmt.Errorf("compact the database: %w", err)
	}
	if after, err = size(tmp); err != nil {
		return 0, 0, err
	}
	if err = os.Rename(tmp, path); err != nil {
		return 0, 0, fmt.Errorf("swap in the compacted database: %w", err)
	}
	return before, after, nil
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("no database: %w", err)
	}
	return info.Size(), nil
}
