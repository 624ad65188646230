package oidc

import (
	"context"
	"log"
	"log/slog"
	"runtime"
	"strings"
)

// library is where the records come from that Quiet keeps away.
const library = "github.com/zitadel/oidc/v3/"

type loggerKey struct{}

// Quiet wraps the handler of a program's default logger. zitadel/oidc logs each refused request, and
// each route at start, to slog's default logger and offers no other way; for a harness that provokes
// refusals this is noise. Quiet sends those records to the Logger of the provider whose request caused
// them, drops them where there is none, and lets all others pass.
//
// New does this with the default logger of the moment. A program that calls slog.SetDefault later
// wraps its handler itself.
func Quiet(next slog.Handler) slog.Handler {
	if _, already := next.(quiet); already {
		return next
	}
	return quiet{next: next}
}

type quiet struct{ next slog.Handler }

// Enabled implements slog.Handler. Who logs is only known in Handle.
func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return q.next.Enabled(ctx, level) || loggerOf(ctx).Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (q quiet) Handle(ctx context.Context, record slog.Record) error {
	if fromLibrary(record.PC) {
		logger := loggerOf(ctx)
		if !logger.Enabled(ctx, record.Level) {
			return nil
		}
		return logger.Handler().Handle(ctx, record)
	}
	if !q.next.Enabled(ctx, record.Level) {
		return nil
	}
	return q.next.Handle(ctx, record)
}

// WithAttrs implements slog.Handler. The library logs without it: the derived handler needs no care.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{next: q.next.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{next: q.next.WithGroup(name)} }

func fromLibrary(pc uintptr) bool {
	frame, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return strings.HasPrefix(frame.Function, library)
}

func loggerOf(ctx context.Context) *slog.Logger {
	if logger, ok := ctx.Value(loggerKey{}).(*slog.Logger); ok {
		return logger
	}
	return slog.New(slog.DiscardHandler)
}

// silenceLibrary wraps the default logger. slog.SetDefault also turns the log package's output towards
// the new handler; that is undone, because slog's own default handler writes through the log package
// and the two would wait for each other.
func silenceLibrary() {
	next := slog.Default().Handler()
	if _, already := next.(quiet); already {
		return
	}
	writer, flags := log.Writer(), log.Flags()
	slog.SetDefault(slog.New(Quiet(next)))
	log.SetOutput(writer)
	log.SetFlags(flags)
}
