using System;
using UnityEngine;

namespace Chipassets
{
    /// <summary>The tracks of a bundle, imported from a file .chipmusic.</summary>
    public class ChipassetsBundle : ScriptableObject
    {
        public string game;
        public Track[] tracks;
    }

    /// <summary>What the player knows of a track: samples are of the file, bars count from 0.</summary>
    [Serializable]
    public class Track
    {
        public string name;
        public string scene;
        public string[] moods;
        public string match;
        public string like;
        public int rate;
        public int samples;
        public bool loops;
        public int loop_start;
        public int loop_length;
        public int loop_start_bar;
        public int loop_bars;
        public int bars;
        public double bpm;
        public float beats_per_bar;
        public int felt_beats;
        public int[] section_samples;
        public string[] files;

        /// <summary>The clips of the files, which sound together; the importer fills them in.</summary>
        public AudioClip[] clips;

        /// <summary>Where in the file a position lies: loops wrap around, other tracks stop at the end.</summary>
        public double Wrap(double sample)
        {
            if (!loops) return Math.Min(sample, samples);
            if (sample < loop_start) return sample;
            return loop_start + (sample - loop_start) % loop_length;
        }

        /// <summary>The number of samples from one of the file to its next "beat", "bar" or "section"; 0 for "now".</summary>
        public double ToLine(double sample, string when)
        {
            if (when == "now" || (!loops && sample >= samples)) return 0;
            if (when == "section") return ToSection(sample);
            double start, bar;
            Grid(sample, out start, out bar);
            double unit = when == "beat" ? bar / felt_beats : bar;
            double into = (sample - start) % unit;
            return into < 1 ? 0 : unit - into;
        }

        /// <summary>Whether both are the same music bar for bar: a track and its variant.</summary>
        public bool SharesBars(Track other)
        {
            return Root == other.Root && bars == other.bars;
        }

        /// <summary>The sample of this track in the same bar, and as far into it, as the other's.</summary>
        public double SamePlace(Track other, double sample)
        {
            double start, bar;
            other.Grid(sample, out start, out bar);
            double at = (start > 0 ? other.loop_start_bar : 0) + (sample - start) / bar;
            if (at >= bars) at -= loop_bars;
            if (!loops) return at * 60 * beats_per_bar * rate / bpm;
            if (at < loop_start_bar) return at * loop_start / loop_start_bar;
            return loop_start + (at - loop_start_bar) * loop_length / loop_bars;
        }

        string Root
        {
            get { return string.IsNullOrEmpty(like) ? name : like; }
        }

        // The run of equal bars around a sample: its start, and the length of a bar.
        void Grid(double sample, out double start, out double bar)
        {
            start = 0;
            if (!loops) bar = 60.0 * beats_per_bar * rate / bpm;
            else if (sample < loop_start) bar = (double)loop_start / loop_start_bar;
            else
            {
                start = loop_start;
                bar = (double)loop_length / loop_bars;
            }
        }

        double ToSection(double sample)
        {
            int first = loops ? samples : 0;
            foreach (int line in section_samples)
            {
                if (line >= sample) return line - sample;
                if (line >= loop_start) first = Math.Min(first, line);
            }
            if (first == samples) first = loop_start;
            return samples - sample + (loops ? first - loop_start : 0);
        }
    }
}
