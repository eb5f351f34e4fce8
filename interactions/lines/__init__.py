"""What people type to say how a medicine is taken, read into values or refused with the word nobody understood."""
