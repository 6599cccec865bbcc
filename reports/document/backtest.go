package document

// Backtest is what rules of sizing would have brought on the cluster's own
// history: each made sizes of the days before an origin, and the days after it
// tell what came of them.
type Backtest struct {
	// TestDays were scored after LearnDays and more, at so many Origins, a week apart.
	LearnDays int `json:"learnDays"`
	TestDays  int `json:"testDays"`
	Origins   int `json:"origins"`
	// Advised is the rule whose promise this report's advice was asked to keep.
	Advised string `json:"advised,omitempty"`
	// Scores are of our rule by profile, of the requests as they are, and of other tools' rules.
	Scores []BacktestScore `json:"scores"`
}

// BacktestScore is what came of one rule, over all containers and origins.
type BacktestScore struct {
	Rule string `json:"rule"`
	// Containers is the number of sizes scored, one for a container and origin.
	Containers int `json:"containers"`
	// CPUSlack and MemorySlack are the shares of the requests that were not used.
	CPUSlack    float64 `json:"cpuSlack"`
	MemorySlack float64 `json:"memorySlack"`
	// OverRequest is the share of time above the CPU request.
	OverRequest float64 `json:"overRequest"`
	// Broken is the share of containers above it for more than a twentieth of the time.
	Broken float64 `json:"broken"`
	// Unserved is the share of the CPU used that was above it.
	Unserved float64 `json:"unserved"`
	// Killed is the share of containers a week whose memory passed the setting, with
	// its 90 % interval.
	Killed     float64 `json:"killed"`
	KilledLow  float64 `json:"killedLow"`
	KilledHigh float64 `json:"killedHigh"`
	// Changes is the share of settings that move by more than 5 % from one week's to
	// the next's; absent with one origin.
	Changes *float64 `json:"changes,omitempty"`
	// Monthly is the requests' worth in USD a month; absent without prices.
	Monthly *USD `json:"monthlyUSD,omitempty"`
}

// Of finds the score of a rule; nil where it was not scored.
func (b *Backtest) Of(rule string) *BacktestScore {
	if b == nil {
		return nil
	}
	for i := range b.Scores {
		if b.Scores[i].Rule == rule && b.Scores[i].Containers > 0 {
			return &b.Scores[i]
		}
	}
	return nil
}

// AsItIs is the rule that leaves the requests as they are.
const AsItIs = "as it is"
