"""What happens in a lesson: events, the state they fold into, the commands that cause them. Pure: time comes in."""
