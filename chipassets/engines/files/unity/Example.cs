using Chipassets;
using UnityEngine;

/// <summary>
/// Plays title, overworld, battle, victory, and back, by buttons: they need no input package.
/// </summary>
public class Example : MonoBehaviour
{
    public ChipassetsMusic music;

    void Start()
    {
        music.Enter("title");
    }

    void OnGUI()
    {
        if (GUILayout.Button("Title")) music.Enter("title");
        if (GUILayout.Button("Overworld")) music.Enter("overworld");
        if (GUILayout.Button("Battle")) music.Enter("battle", when: "beat");
        if (GUILayout.Button("Victory, and back"))
        {
            music.Sting("victory", "beat");
            music.Leave(when: "bar");
        }
        if (GUILayout.Button("All layers")) music.Intensity(1);
        if (GUILayout.Button("Fewer layers")) music.Intensity(0);
    }
}
