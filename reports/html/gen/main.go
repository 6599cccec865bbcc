// Command gen bundles the page's script and style: it reads reports/html/app
// and writes reports/html/dist, which the program embeds. It needs Go alone.
//
//	go generate ./reports/html
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run("app", "dist"); err != nil { // go generate runs in the folder of its line
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	all, err := bundle(from)
	if err != nil {
		return err
	}
	for name, data := range all {
		if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// bundle makes app.js and app.css, the same bytes each time.
func bundle(from string) (map[string][]byte, error) {
	dir, err := filepath.Abs(from)
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for name, entry := range map[string]string{"app.js": "main.js", "app.css": "style.css"} {
		r := api.Build(api.BuildOptions{
			EntryPoints: []string{entry}, AbsWorkingDir: dir, Bundle: true, Write: false, Outfile: filepath.Join(dir, name),
			MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
			Format: api.FormatIIFE, Target: api.ES2022, Charset: api.CharsetASCII, Platform: api.PlatformBrowser, LogLevel: api.LogLevelSilent,
		})
		if len(r.Errors) > 0 {
			return nil, errors.New(strings.Join(api.FormatMessages(r.Errors, api.FormatMessagesOptions{}), "\n"))
		}
		out[name] = r.OutputFiles[0].Contents
		// Either would end the element that the bundle stands in.
		if s := strings.ToLower(string(out[name])); strings.Contains(s, "</") || strings.Contains(s, "<!--") {
			return nil, fmt.Errorf("%s has </ or <!-- in it, and could not stand in a page", name)
		}
	}
	return out, nil
}
