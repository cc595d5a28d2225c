package serve

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"mrrsync/warehouse/chdb"
)

// An answer is the response to one query while it is being written. It holds
// the first bytes back: as long as nothing was sent, an error can still be told
// by status and headers. After that it stands at the end of the body.
type answer struct {
	w       http.ResponseWriter
	control *http.ResponseController
	elapsed func() time.Duration
	tag     string // marks an exception at the end of this answer, which no data can forge
	hold    int    // bytes to hold back; below 0: all of them
	patient time.Duration

	held    bytes.Buffer
	spill   *os.File // what no longer fits into held, when all is held back
	sent    bool
	broken  bool           // the end of the body must not look like one
	encoder io.WriteCloser // compresses; nil: nothing is compressed
}

// memoryHeld is how much of an answer that is held back as a whole stays in
// memory.
const memoryHeld = 8 << 20

// defaultHold is how much is held back when the client does not say.
const defaultHold = 256 << 10

// Write takes the next bytes of the result.
func (a *answer) Write(p []byte) (int, error) {
	if a.sent {
		return a.push(p)
	}
	switch {
	case a.spill != nil:
		return a.spill.Write(p)
	case a.hold < 0 && a.held.Len()+len(p) > memoryHeld:
		f, err := os.CreateTemp("", "mrrsync-answer-")
		if err != nil {
			return 0, fmt.Errorf("hold the answer back: %w", err)
		}
		_ = os.Remove(f.Name()) // it lives as long as it is open
		a.spill = f
		if _, err := a.spill.Write(a.held.Bytes()); err != nil {
			return 0, fmt.Errorf("hold the answer back: %w", err)
		}
		a.held = bytes.Buffer{}
		return a.spill.Write(p)
	}
	n, _ := a.held.Write(p)
	if a.hold >= 0 && a.held.Len() > a.hold {
		return n, a.send(http.StatusOK)
	}
	return n, nil
}

// send sends the head and what was held back.
func (a *answer) send(status int) error {
	a.sent = true
	h := a.w.Header()
	if h.Get("X-ClickHouse-Summary") == "" {
		a.summary(chdb.Summary{})
	}
	a.w.WriteHeader(status)
	if a.held.Len() > 0 {
		if _, err := a.push(a.held.Bytes()); err != nil {
			return err
		}
		a.held = bytes.Buffer{}
	}
	if a.spill != nil {
		defer a.spill.Close()
		if _, err := a.spill.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("read the answer back: %w", err)
		}
		if _, err := io.Copy(pusher{a}, a.spill); err != nil {
			return err
		}
	}
	return nil
}

// pusher is the sending side of an answer.
type pusher struct{ a *answer }

func (p pusher) Write(b []byte) (int, error) { return p.a.push(b) }

// pieceBytes is how much a slow client must take within the time it is given.
const pieceBytes = 32 << 10

// push sends bytes. A client that takes nothing for too long is given up, so
// that it does not hold a connection of the engine; one that takes little is not.
func (a *answer) push(p []byte) (sent int, err error) {
	var w io.Writer = a.w
	if a.encoder != nil {
		w = a.encoder
	}
	for piece := range slices.Chunk(p, pieceBytes) {
		_ = a.control.SetWriteDeadline(time.Now().Add(a.patient)) //nolint:forbidigo // the connection's own clock
		n, err := w.Write(piece)
		sent += n
		if err != nil {
			return sent, fmt.Errorf("send the answer: %w", err)
		}
	}
	return sent, nil
}

// summary sets the header that tells what the statement did.
func (a *answer) summary(sum chdb.Summary) {
	number := func(n uint64) string { return strconv.FormatUint(n, 10) }
	text, err := json.Marshal(map[string]string{
		"read_rows": number(sum.RowsRead), "read_bytes": "0", "written_rows": number(sum.RowsWritten), "written_bytes": "0",
		"total_rows_to_read": "0", "result_rows": number(sum.RowsWritten), "result_bytes": "0",
		"elapsed_ns": strconv.FormatInt(a.elapsed().Nanoseconds(), 10),
	})
	if err == nil {
		a.w.Header().Set("X-ClickHouse-Summary", string(text))
	}
}

// finish ends the answer; err is how the statement ended.
func (a *answer) finish(sum chdb.Summary, err error) {
	if err == nil && !a.sent {
		a.summary(sum)
		err = a.send(http.StatusOK)
	}
	if err != nil && !a.sent {
		if a.spill != nil {
			_ = a.spill.Close()
		}
		a.refuse(err)
		return
	}
	if err != nil {
		e := asError(err)
		_, _ = fmt.Fprintf(pusher{a}, "\r\n__exception__\r\n%s\r\n%s\n%d %s\r\n__exception__\r\n", a.tag, e.Message, len(e.Message)+1, a.tag)
	}
	if a.encoder != nil {
		err = errors.Join(err, a.encoder.Close())
	}
	if err != nil {
		// What a client got is not all there is. One that does not look for the frame above must see the connection break.
		_ = a.control.Flush()
		a.broken = true
	}
}

// refuse answers with an error in place of a result.
func (a *answer) refuse(err error) {
	e := asError(err)
	h := a.w.Header()
	a.sent = true
	a.encoder = nil
	h.Del("Content-Encoding")
	h.Del("X-ClickHouse-Summary")
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("X-ClickHouse-Exception-Code", strconv.Itoa(e.Code))
	status := statusOf(e.Code)
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="ClickHouse server HTTP API"`)
	}
	text := e.Message + "\n"
	h.Set("Content-Length", strconv.Itoa(len(text)))
	a.w.WriteHeader(status)
	_, _ = io.WriteString(a.w, text) // nobody is left to be told
}

// asError gives every error a code of ClickHouse's.
func asError(err error) *chdb.Error {
	e := new(chdb.Error)
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, errTimeout):
		return chdb.NewError(159, "TIMEOUT_EXCEEDED", "Timeout exceeded: %s", strings.TrimSpace(err.Error()))
	case errors.Is(err, chdb.ErrClosed):
		return chdb.NewError(236, "ABORTED", "The server is shutting down")
	default:
		return chdb.NewError(1001, "STD_EXCEPTION", "%s", err)
	}
}

// statusOf is the HTTP status a ClickHouse server tells an exception with.
func statusOf(code int) int {
	switch code {
	case 194: // REQUIRED_PASSWORD
		return http.StatusUnauthorized
	case 192, 193, 516, 512, 497: // UNKNOWN_USER, WRONG_PASSWORD, AUTHENTICATION_FAILED, SET_NON_GRANTED_ROLE, ACCESS_DENIED
		return http.StatusForbidden
	case 36, 427, 6, 25, 26, 38, 41, 72, 675, 676, 27, 376, 15, 44, 56, 79, 8, 167, 168, 170, 62, 117, 53, 321, 69: // arguments, parsing, types
		return http.StatusBadRequest
	case 60, 46, 47, 50, 55, 81, 115, 106, 63, 73, 336, 78, 511: // UNKNOWN_ things
		return http.StatusNotFound
	case 307, 390: // too large
		return http.StatusRequestEntityTooLarge
	case 48: // NOT_IMPLEMENTED
		return http.StatusNotImplemented
	case 209, 76, 439, 236: // SOCKET_TIMEOUT, CANNOT_OPEN_FILE, CANNOT_SCHEDULE_TASK, ABORTED
		return http.StatusServiceUnavailable
	case 381: // HTTP_LENGTH_REQUIRED
		return http.StatusLengthRequired
	case 159: // TIMEOUT_EXCEEDED
		return http.StatusRequestTimeout
	default:
		return http.StatusInternalServerError
	}
}

// newAnswer prepares the response to a request.
func (s *Server) newAnswer(w http.ResponseWriter, r *http.Request, id string) *answer {
	a := &answer{
		w: w, control: http.NewResponseController(w), elapsed: s.stopwatch(), tag: rand.Text()[:16], hold: defaultHold, patient: slowClient,
	}
	params := r.URL.Query()
	if n, err := strconv.Atoi(params.Get("buffer_size")); err == nil && n >= 0 {
		a.hold = min(n, memoryHeld)
	}
	if on(params.Get("wait_end_of_query")) || on(params.Get("http_wait_end_of_query")) {
		a.hold = -1
	}
	h := w.Header()
	h.Set("X-ClickHouse-Server-Display-Name", "mrrsync")
	h.Set("X-ClickHouse-Query-Id", id)
	h.Set("X-ClickHouse-Timezone", "UTC")
	h.Set("X-ClickHouse-Exception-Tag", a.tag)
	h.Set("X-Content-Type-Options", "nosniff")
	return a
}

func on(value string) bool { return value != "" && value != "0" && value != "false" }

// format sets the headers that tell the format of the result.
func (a *answer) format(name string) {
	h := a.w.Header()
	h.Set("X-ClickHouse-Format", name)
	h.Set("Content-Type", contentType(name))
}

// contentType is the media type of an output format.
func contentType(format string) string {
	low := strings.ToLower(format)
	switch {
	case strings.HasPrefix(low, "csv"):
		if strings.Contains(low, "withnames") {
			return "text/csv; charset=UTF-8; header=present"
		}
		return "text/csv; charset=UTF-8; header=absent"
	case strings.HasPrefix(low, "tsv"), strings.HasPrefix(low, "tabseparated"), low == "raw":
		return "text/tab-separated-values; charset=UTF-8"
	case strings.Contains(low, "eachrow"), low == "jsonl", low == "jsonlines", low == "ndjson":
		return "application/x-ndjson; charset=UTF-8"
	case strings.HasPrefix(low, "json"):
		return "application/json; charset=UTF-8"
	case low == "xml":
		return "application/xml; charset=UTF-8"
	case low == "markdown", low == "md":
		return "text/markdown; charset=UTF-8"
	case slices.Contains([]string{"native", "rowbinary", "rowbinarywithnames", "rowbinarywithnamesandtypes", "parquet", "arrow", "arrowstream", "orc", "avro", "msgpack", "npy", "bsoneachrow", "rawblob"}, low):
		return "application/octet-stream"
	default:
		return "text/plain; charset=UTF-8"
	}
}

// compressed makes the answer compress what it sends, as the client asked:
// `compress` is ClickHouse's own frame inside the body, `enable_http_compression`
// the HTTP way.
func (a *answer) compressed(r *http.Request) error {
	params := r.URL.Query()
	if on(params.Get("compress")) {
		// Not a Content-Encoding: the frame belongs to the body.
		method := compress.LZ4
		if strings.EqualFold(params.Get("network_compression_method"), "zstd") {
			method = compress.ZSTD
		}
		a.encoder = &frames{w: a.w, c: compress.NewWriter(compress.LevelZero, method)}
		return nil
	}
	if !on(params.Get("enable_http_compression")) {
		return nil
	}
	accepted := strings.ToLower(r.Header.Get("Accept-Encoding"))
	for _, name := range []string{"gzip", "zstd", "lz4", "deflate"} {
		if !accepts(accepted, name) {
			continue
		}
		var err error
		switch name {
		case "gzip":
			a.encoder, err = gzip.NewWriterLevel(a.w, gzip.BestSpeed)
		case "zstd":
			a.encoder, err = zstd.NewWriter(a.w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		case "lz4":
			a.encoder = lz4.NewWriter(a.w)
		case "deflate":
			a.encoder, err = zlib.NewWriterLevel(a.w, zlib.BestSpeed)
		}
		if err != nil {
			return fmt.Errorf("compress the answer: %w", err)
		}
		a.w.Header().Set("Content-Encoding", name)
		a.w.Header().Add("Vary", "Accept-Encoding")
		return nil
	}
	return nil
}

// accepts tells whether an Accept-Encoding header names an encoding.
func accepts(header, name string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part, quality, _ := strings.Cut(part, ";")
		if strings.TrimSpace(part) == name && !strings.HasPrefix(strings.ReplaceAll(quality, " ", ""), "q=0") {
			return true
		}
	}
	return false
}

// frames writes ClickHouse's compressed blocks.
type frames struct {
	w    io.Writer
	c    *compress.Writer
	next []byte
}

// frameBytes is the size of a block before compression.
const frameBytes = 1 << 20

// Write compresses whole blocks and keeps the rest for the next one.
func (f *frames) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		take := min(frameBytes-len(f.next), len(p)-n)
		f.next = append(f.next, p[n:n+take]...)
		n += take
		if len(f.next) == frameBytes {
			if err := f.flush(); err != nil {
				return n, err
			}
		}
	}
	return len(p), nil
}

func (f *frames) flush() error {
	if len(f.next) == 0 {
		return nil
	}
	if err := f.c.Compress(f.next); err != nil {
		return fmt.Errorf("compress a block: %w", err)
	}
	f.next = f.next[:0]
	_, err := f.w.Write(f.c.Data)
	return err
}

// Close writes the last block.
func (f *frames) Close() error { return f.flush() }

// plainBody is the body of a request without its compression.
func plainBody(r *http.Request) (io.Reader, error) {
	var body io.Reader = r.Body
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, unreadable(err)
		}
		body = z
	case "deflate":
		z, err := zlib.NewReader(body)
		if err != nil {
			return nil, unreadable(err)
		}
		body = z
	case "raw-deflate":
		body = flate.NewReader(body)
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, unreadable(err)
		}
		body = z.IOReadCloser()
	case "lz4":
		body = lz4.NewReader(body)
	default:
		return nil, chdb.NewError(89, "UNKNOWN_COMPRESSION_METHOD", "Unknown Content-Encoding %q: want gzip, deflate, zstd or lz4", encoding)
	}
	if on(r.URL.Query().Get("decompress")) {
		body = blocks{compress.NewReader(body)}
	}
	return body, nil
}

// blocks reads ClickHouse's compressed blocks. Their reader says of an end
// between two blocks what it says of a broken one: it wraps the EOF.
type blocks struct{ r *compress.Reader }

func (b blocks) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return n, err
}

func unreadable(err error) error {
	return chdb.NewError(271, "CANNOT_DECOMPRESS", "The body can't be decompressed: %s", err)
}
