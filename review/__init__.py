"""What people read before they agree to a change: a summary of a preview, the stack's plan, and what it costs."""
