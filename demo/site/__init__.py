"""The demo site: several hosts on one loopback port, told apart by the Host header. The same data at every start."""
