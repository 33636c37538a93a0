package words

import "fmt"

// ListPreview says what an antidote list would have hidden, of so many posts that were looked at: those of how many
// people, and of how many whom the subscriber follows; how many of the posts it knows are clearly no dreams, and how many
// somebody said are none.
func ListPreview(looked, known, hidden, people, followed, clear, said int) string {
	if looked == 0 {
		return "Nobody has seen a post with pictures yet that could be compared."
	}
	text := fmt.Sprintf("Of the last %s with pictures it knows %d; it would have hidden %s", posts(looked), known, posts(hidden))
	switch {
	case hidden == 0:
	case followed == people:
		text += fmt.Sprintf(" by %s you follow", persons(people))
	case followed > 0:
		text += fmt.Sprintf(" by %s, %d of whom you follow", persons(people), followed)
	default:
		text += fmt.Sprintf(" by %s you do not follow", persons(people))
	}
	text += "."
	if clear > 0 {
		text += fmt.Sprintf(" In %d that it knows I clearly see no dream.", clear)
	}
	if said > 0 {
		text += fmt.Sprintf(" %d that it knows were called no dream.", said)
	}
	return text
}

func persons(n int) string {
	if n == 1 {
		return "one person"
	}
	return fmt.Sprintf("%d people", n)
}
