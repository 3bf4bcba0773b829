"""Loaded by the workers' server of `bench.first_month`, beside what it loads anyway."""

from bench.first_month import watch

watch()
