package analyzer

import "strings"

// Stem is a name with its generated parts as "*", so that the runs of one
// template have one stem: build-x7k2p and build-q9wz4 have build-*. A name
// without such a part is its own stem.
//
// Generated is a token between dashes that is one of: the five letters and
// digits that the API server puts after a generateName (at the end only), five
// digits or more, eight hexadecimal digits or more (with what follows of a UUID),
// five to ten of the API server's characters with a digit, or eight characters
// or more with two digits among them. A name begins with its template's words, unless
// it begins with a whole UUID or sixteen hexadecimal digits, as Prow's pods do.
func Stem(name string) string {
	tokens := strings.Split(name, "-")
	if n := idTokens(tokens); n > 0 {
		tokens = append([]string{"*"}, tokens[n:]...)
	}
	out := make([]string, 0, len(tokens))
	for i, t := range tokens {
		if i > 0 && (generated(t, i == len(tokens)-1) || len(t) == 4 && isHex(t) && out[len(out)-1] == "*") {
			t = "*"
		}
		if t == "*" && i > 0 && out[len(out)-1] == "*" {
			continue
		}
		out = append(out, t)
	}
	return strings.Join(out, "-")
}

// idTokens counts the tokens at a name's beginning that are a UUID, or a hash of sixteen
// hexadecimal digits or more; 0 where it begins with words.
func idTokens(tokens []string) int {
	if len(tokens[0]) >= 16 && isHex(tokens[0]) {
		return 1
	}
	lengths := [...]int{8, 4, 4, 4, 12}
	for i, n := range lengths {
		if len(tokens) <= i || len(tokens[i]) != n || !isHex(tokens[i]) {
			return 0
		}
	}
	return len(lengths)
}

func generated(t string, last bool) bool {
	digits := 0
	for _, c := range []byte(t) {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	switch {
	case last && isHash(t, 5, 5):
		return true
	case digits == len(t):
		return len(t) >= 5
	}
	return digits > 0 && (len(t) >= 8 && isHex(t) || isHash(t, 5, 10)) || len(t) >= 8 && digits >= 2
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// RoleStem is what a pod's name says of its role within its workload: the
// words between the workload's name and what is generated; "" where there are
// none. A last token of up to six characters after others counts as generated.
func RoleStem(workload, pod string) string {
	rest := strings.TrimPrefix(pod, strings.TrimSuffix(workload, "*"))
	tokens := strings.FieldsFunc(rest, func(r rune) bool { return r == '-' })
	var words []string
	for i, t := range tokens {
		if len(tokens) > 1 && i == len(tokens)-1 && len(t) <= 6 || strings.ContainsAny(t, "0123456789") {
			continue
		}
		words = append(words, t)
	}
	return strings.Join(words, "-")
}

// IsBatch reports whether workloads of the kind run to an end: Kubernetes' own
// and those of the workflow, pipeline and training operators.
func IsBatch(kind string) bool {
	switch kind {
	case "Job", "CronJob", "Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate",
		"TaskRun", "PipelineRun", "Task", "Pipeline", "CustomRun", "SparkApplication", "ScheduledSparkApplication",
		"RayJob", "PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "PaddleJob", "TrainJob", "JobSet", "ScaledJob",
		"EphemeralRunner", "EphemeralRunnerSet", "Runner", "AppWrapper", "VCJob":
		return true
	}
	return false
}

// Batch reports whether the workload runs to an end: by its kind, or as the
// bare pods of one generator, whose name ends in "*".
func (r Ref) Batch() bool {
	return IsBatch(r.Kind) || r.Kind == "Pod" && strings.HasSuffix(r.Name, "*")
}
