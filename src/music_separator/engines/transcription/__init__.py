"""Engines that write down what is sung."""
