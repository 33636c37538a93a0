package reliability

const childWork, verifyImage = "SLUGPUPPY_TEST_WORK", "verify-image"

func beWorkload() int     { return 1 }
func verify([]string) int { return 1 }
