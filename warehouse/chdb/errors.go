package chdb

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Errors a caller may branch on.
var (
	// ErrLocked says that another process has the warehouse folder open. Only one can; the others go through that one's `serve`.
	ErrLocked = errors.New("another process has it open: let that one end, or connect to it if it is a `serve`")
	// ErrClosed says that the DB was closed before or during the call.
	ErrClosed = errors.New("engine is closed")
	// ErrBusyPath says that this process has another folder open: an engine holds one at a time.
	ErrBusyPath = errors.New("this process has another folder open")
	// ErrHung says that the engine did not stop within the limit given to Close. Everything acknowledged before is on disk; the process can only exit.
	ErrHung = errors.New("engine did not stop in time")
)

// An Error is what the engine answered instead of a result.
type Error struct {
	Code    int    // ClickHouse's number for it, such as 60 for an unknown table; 0 if the text has none
	Message string // the engine's text, from "Code: " on
}

// Error returns the engine's text.
func (e *Error) Error() string { return e.Message }

// codePattern is how every exception of ClickHouse begins.
var codePattern = regexp.MustCompile(`Code: (\d+)\. `)

// engineError makes an Error of the engine's text, which may be wrapped more than once: the first code is the one that was thrown last, and all wraps repeat it.
func engineError(text string) *Error {
	text = strings.TrimSpace(text)
	e := &Error{Message: text}
	if m := codePattern.FindStringSubmatchIndex(text); m != nil {
		e.Code, _ = strconv.Atoi(text[m[2]:m[3]])
		e.Message = text[m[0]:]
	}
	return e
}

// NewError makes an Error in the engine's form, for what is refused before the engine sees it. The name is ClickHouse's own for the code.
func NewError(code int, name, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf("Code: %d. DB::Exception: %s. (%s)", code, fmt.Sprintf(format, args...), name)}
}
