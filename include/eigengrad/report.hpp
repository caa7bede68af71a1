#pragma once
// A training as a page: the report with its pictures, and the callback that keeps histograms for
// it.

#include <eigengrad/report/report.hpp>
#include <eigengrad/train/weight_histograms.hpp>
