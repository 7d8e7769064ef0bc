"""What the kernel enforces: control groups, system calls, processors."""
