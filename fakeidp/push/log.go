package push

import "assay/fakeidp/control"

// Bounds of an app's provisioning log: whichever is reached first, the oldest steps go.
const (
	logSteps = 2000
	logBytes = 16 << 20
)

// record numbers a step and puts it into the log.
func (s *state) record(step *control.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	step.Seq = s.seq
	s.log = append(s.log, step)
	s.logSize += stepSize(step)
	drop := 0
	for len(s.log)-drop > logSteps || (s.logSize > logBytes && len(s.log)-drop > 1) {
		s.logSize -= stepSize(s.log[drop])
		drop++
	}
	clear(s.log[:drop]) // the array behind the log moves on when it is full, not for every step
	s.log = s.log[drop:]
}

func stepSize(s *control.Step) int {
	return len(s.Exchange.RequestBody) + len(s.Exchange.ResponseBody) + len(s.Exchange.URL) + len(s.Verdict) + 1024
}

func (s *state) steps() []control.Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	return copySteps(s.log)
}

func copySteps(list []*control.Step) []control.Step {
	out := make([]control.Step, len(list))
	for i, step := range list {
		out[i] = *step
	}
	return out
}
