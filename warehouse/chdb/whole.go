package chdb

import (
	"debug/elf"
	"debug/macho"
	"fmt"
	"os"
	"runtime"
)

// checkWhole tells whether a shared object is all there. The loader maps a file that was cut short without complaint, and the process is killed by
// SIGBUS when it reaches the missing end.
func checkWhole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open engine: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open engine: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("open engine %s: not a file", path)
	}
	end, err := objectEnd(f)
	if err != nil {
		return fmt.Errorf("open engine %s: not a whole shared library: %w", path, err)
	}
	if end > info.Size() {
		return fmt.Errorf("open engine %s: cut short: %d bytes of %d", path, info.Size(), end)
	}
	return nil
}

// objectEnd returns the offset after the last byte that the headers of a shared object speak of.
func objectEnd(f *os.File) (int64, error) {
	var end uint64
	if runtime.GOOS == "darwin" {
		m, err := macho.NewFile(f)
		if err != nil {
			return 0, err
		}
		for _, l := range m.Loads {
			if s, ok := l.(*macho.Segment); ok {
				end = max(end, s.Offset+s.Filesz)
			}
		}
		return int64(end), nil
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return 0, err
	}
	for _, p := range e.Progs {
		end = max(end, p.Off+p.Filesz)
	}
	for _, s := range e.Sections {
		if s.Type != elf.SHT_NOBITS {
			end = max(end, s.Offset+s.FileSize)
		}
	}
	return int64(end), nil
}
