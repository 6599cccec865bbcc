package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestScripts runs testdata/scripts with the program as its users have it: a
// process. Beside each script are the files of the shop. Its commands, beyond
// testscript's own:
//
//	valid FILE   the file is JSON that docs/report.schema.json allows
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join(root, "testdata", "scripts"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("KUBECONFIG", "")
			env.Setenv("PRICES", filepath.Join(root, "testdata", "pricing"))
			return openShop(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"valid": func(ts *testscript.TestScript, neg bool, args []string) {
				if len(args) != 1 {
					ts.Fatalf("usage: valid FILE")
				}
				err := validReport([]byte(ts.ReadFile(args[0])))
				if (err != nil) != neg {
					ts.Fatalf("%s: %v", args[0], err)
				}
			},
		},
	})
}

// validReport checks a report in JSON against the published schema.
func validReport(report []byte) error {
	text, err := os.ReadFile(filepath.Join(root, "docs", "report.schema.json"))
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("report.json", document); err != nil {
		return err
	}
	schema, err := compiler.Compile("report.json")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(report))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}
